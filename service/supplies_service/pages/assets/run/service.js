// Requests to the service. A network may answer in its place, for example with a login page.
const TIMEOUT = 30_000; // milliseconds, also for reading the answer

// Return `{ status, body, retryAfter, etag }`. `body` is null unless the answer is JSON. The status is 0 without an answer.
export async function fetchJson(path, { timeout = TIMEOUT, ...options } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const answer = await fetch(path, { redirect: "manual", cache: "no-store", signal: stop.signal, ...options });
    const isJson = /^application\/(problem\+)?json\b/.test(answer.headers.get("Content-Type") ?? "");
    const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    return {
      status: answer.status,
      body: isJson ? await answer.json() : null,
      etag: answer.headers.get("ETag"),
      retryAfter: Number.isNaN(seconds) ? undefined : seconds * 1000,
    };
  } catch {
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

// Return whether an answer is an error of our service, and not of something between.
export const isProblem = (status, body) =>
  typeof body?.type === "string" && typeof body.detail === "string" && body.status === status;
