// Load a part of the page again while it is shown. Without this script, the reader reloads the page.

const MILLISECONDS = 15_000;

const part = document.querySelector("[data-live]");

async function refresh() {
  if (document.hidden || part.contains(document.activeElement)) return;
  try {
    const answer = await fetch(part.dataset.live, { redirect: "error" });
    if (answer.ok) part.innerHTML = await answer.text();
  } catch {
    // No network: the next try may succeed.
  }
}

if (part) setInterval(refresh, MILLISECONDS);
