// Keep the page on the phone. The service puts VERSION and FILES in front: `[address, SHA-256 in hexadecimal]` of each file.
const CACHE = `run-${VERSION}`;
const SHELL = "/run";

// If one file is missing or wrong, for example because a network answered with its login page, nothing is installed.
self.addEventListener("install", (event) => event.waitUntil(install()));

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map((file) => keep(cache, ...file)));
}

async function keep(cache, address, digest) {
  const answer = await fetch(address, { cache: "no-cache", credentials: "omit" });
  const content = await answer.clone().arrayBuffer();
  const found = await crypto.subtle.digest("SHA-256", content);
  const hexadecimal = Array.from(new Uint8Array(found), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!answer.ok || hexadecimal !== digest) throw new Error(`${address} is not the file of this version`);
  await cache.put(address, answer);
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("run-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  const isPage = event.request.mode === "navigate" && !pathname.startsWith("/run/join/") && !pathname.startsWith("/run/paper");
  if (isPage) event.respondWith(fromCache(SHELL, event.request));
  else if (FILES.some(([address]) => address === pathname)) event.respondWith(fromCache(pathname, event.request));
});

async function fromCache(address, request) {
  const found = await (await caches.open(CACHE)).match(address);
  return found ?? fetch(request);
}
