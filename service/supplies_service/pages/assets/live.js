// Load a part of the page again while it is shown. Without this script, the reader reloads the page.

const MILLISECONDS = 15_000;

const part = document.querySelector("[data-live]");

const isUsed = (element) => document.hidden || element.contains(document.activeElement) || element.matches(":active");

async function load(address) {
  const answer = await fetch(address, { redirect: "error" });
  if (!answer.ok) throw new Error(address);
  return answer.text();
}

async function refresh() {
  if (isUsed(part)) return;
  try {
    const content = await load(part.dataset.live);
    if (!isUsed(part)) part.innerHTML = content;
    await showConflicts();
  } catch {
    // No network: the next try may succeed.
  }
}

// The warnings about conflicts name households, and each read of names is logged. So they are read only if they changed.
async function showConflicts() {
  const shown = document.querySelector("[data-conflicts]");
  const { conflictsNow } = part.querySelector("[data-conflicts-now]").dataset;
  if (shown.dataset.conflicts === conflictsNow || isUsed(shown)) return;
  const page = new DOMParser().parseFromString(await load(shown.dataset.page), "text/html");
  shown.replaceWith(page.querySelector("[data-conflicts]"));
}

if (part) setInterval(refresh, MILLISECONDS);
