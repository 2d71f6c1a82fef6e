// Requests to the service. A network may answer in its place, for example with a login page.
const TIMEOUT = 30_000; // milliseconds, also for reading the answer

let isOut = false;
let whenChanged = () => {};

// Return whether the last request got no answer from the service. The browser's own opinion is not asked.
export const isOffline = () => isOut;

// Call a function when the service cannot be reached any more, and when it is reached again.
export function onReach(listener) {
  whenChanged = listener;
}

function note(isReached) {
  if (isOut !== isReached) return;
  isOut = !isReached;
  whenChanged();
}

// Return `{ status, body, language, retryAfter, etag }`. `body` is null unless the answer is JSON. The status is 0 without an answer.
export async function fetchJson(path, { timeout = TIMEOUT, ...options } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const answer = await fetch(path, { redirect: "manual", cache: "no-store", signal: stop.signal, ...options });
    const isJson = /^application\/(problem\+)?json\b/.test(answer.headers.get("Content-Type") ?? "");
    const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    const body = isJson ? await answer.json() : null;
    note(isJson || answer.status === 304);
    return {
      status: answer.status,
      body,
      language: answer.headers.get("Content-Language"),
      etag: answer.headers.get("ETag"),
      retryAfter: Number.isNaN(seconds) ? undefined : seconds * 1000,
    };
  } catch {
    note(false);
    return { status: 0, body: null };
  } finally {
    clearTimeout(timer);
  }
}

// Return whether the service answers now. Nothing of what the phone keeps is sent.
export const isReachable = async () => Boolean((await fetchJson("/api/health")).body?.status);

// Return whether an answer is an error of our service, and not of something between.
export const isProblem = (status, body) =>
  typeof body?.type === "string" && typeof body.detail === "string" && body.status === status;
