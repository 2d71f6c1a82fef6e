// The service worker: it keeps the page for use without a network. An update waits until somebody agrees to it.
let waiting = null;
let isReloading = false;

// Register the service worker. `onReady` is called when a newer version of the page waits.
export async function watchForUpdates(onReady) {
  if (!("serviceWorker" in navigator)) return;
  const found = await navigator.serviceWorker.register("/run/sw.js", { scope: "/run", updateViaCache: "none" });
  const ready = (worker) => {
    waiting = worker;
    onReady();
  };
  if (found.waiting && navigator.serviceWorker.controller) ready(found.waiting);
  found.addEventListener("updatefound", () => {
    const worker = found.installing;
    worker.addEventListener("statechange", () => {
      if (worker.state === "installed" && navigator.serviceWorker.controller) ready(worker);
    });
  });
  // Another window may have agreed. This one goes on with what it has loaded.
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isReloading) location.reload();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") found.update().catch(() => {});
  });
}

export function updateNow() {
  isReloading = true;
  waiting.postMessage("take over");
}
