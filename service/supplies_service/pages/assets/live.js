// Load a part of the page again while it is shown. Without this script, the reader reloads the page.

const MILLISECONDS = 15_000;

const part = document.querySelector("[data-live]");

const isUsed = () => document.hidden || part.contains(document.activeElement) || part.matches(":active");

async function refresh() {
  if (isUsed()) return;
  try {
    const answer = await fetch(part.dataset.live, { redirect: "error" });
    const content = await answer.text();
    if (answer.ok && !isUsed()) part.innerHTML = content;
  } catch {
    // No network: the next try may succeed.
  }
}

if (part) setInterval(refresh, MILLISECONDS);
