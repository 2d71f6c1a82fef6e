// The only sender. It sends records in the order in which they were made, and photos after them. A record is removed
// only when our service confirmed it. Of several windows one sends at a time. What was not tried yet can be undone, so it
// is tried only when the service has just answered: without a network nothing of it leaves the phone.
import { now } from "./clock.js";
import { fetchJson, isProblem, isReachable } from "./service.js";
import { confirm, confirmPhoto, readQueue, update } from "./store.js";
import { htmlLanguage } from "./texts.js";

const LOCK = "supplies-run-sender";
const FIRST_WAIT = 2_000; // milliseconds
const LONGEST_WAIT = 5 * 60_000;
const PHOTO_TIMEOUT = 120_000;

// Statuses of our service that ask to try again later.
const LATER = [408, 425, 429, 500, 502, 503, 504];

let failures = 0;
let timer;
let isWaiting = false;
let afterPass = async () => {};

// Call a function after each pass. It gets its state, "done", "later" or "signed-out", and how many were handled.
export function onPass(listener) {
  afterPass = listener;
}

// Send what waits. `hurry` also sends what could still be undone, but not what is saved meanwhile.
export async function send({ hurry = false } = {}) {
  clearTimeout(timer);
  if (isWaiting && !hurry) return; // the pass that waits for the lock will see what was saved
  isWaiting = true;
  await navigator.locks.request(LOCK, async () => {
    isWaiting = false;
    const result = await pass(hurry).catch(() => ({ state: "later", handled: 0 }));
    failures = result.state === "later" ? failures + 1 : 0;
    if (result.state === "later") plan(result.wait ?? backoff());
    else if (result.held) plan(result.held);
    await afterPass(result);
  });
}

function plan(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(send, milliseconds);
}

function backoff() {
  const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures, 10));
  return longest * (0.5 + Math.random() / 2);
}

async function pass(hurry) {
  const skipped = new Set();
  let hurried;
  let isReached = false;
  for (;;) {
    const { records, photos } = await readQueue();
    const waiting = (one) => one.state === "waiting" && !skipped.has(one.key);
    const record = records.find(waiting);
    hurried ??= new Set(hurry ? records.map(({ key }) => key) : []);
    const held = record && !hurried.has(record.key) ? holdOf(record) : 0;
    const handled = skipped.size;
    if (held) return { state: "done", held, handled };
    const photo = record ? undefined : photos.find((one) => waiting(one) && !records.some((each) => each.key === one.record));
    if (!record && !photo) return { state: "done", handled };
    if (!isReached && !(record ?? photo).tried_at && !(await isReachable())) return { state: "later", handled };
    isReached = true;
    const result = record ? await sendRecord(record) : await sendPhoto(photo);
    if (result.state !== "next") return { ...result, handled };
    skipped.add((record ?? photo).key);
  }
}

// Return for how many milliseconds a record can still be undone. A clock that was set back does not prolong it.
function holdOf(record) {
  if (record.tried_at) return 0;
  const rest = record.hold_until - Date.now();
  return rest > 0 && rest <= record.hold ? rest : 0;
}

async function sendRecord(record) {
  if (!(await isTried("records", record))) return { state: "next" };
  const path = record.delivery ? `/api/deliveries/${encodeURIComponent(record.delivery)}/outcomes` : "/api/run/hand-outs";
  const answer = await fetchJson(path, { method: "POST", headers: headersOf(record, "application/json"), body: record.body });
  const { status, body } = answer;
  if (isConfirmed(record, status, body)) {
    await confirm(record, { status, entry: body.entry.seq, at: now() });
    return { state: "next" };
  }
  return kept("records", record, answer);
}

// Return whether an answer is the service's, and states the entry of this stop or hand-out. A stop that was moved has
// its entry in another delivery.
const isConfirmed = ({ delivery, allocation }, status, body) =>
  [200, 201, 202].includes(status) &&
  Number.isInteger(body?.entry?.seq) &&
  (delivery ? isAbout(body, delivery, allocation) : isHandOut(body));

const isHandOut = ({ entry, conflict }) => entry.kind === "handed_out" || conflict?.stated?.type === "ReportHandOut";

const isAbout = (body, delivery, allocation) =>
  body.entry.document === delivery ||
  body.conflict?.stated?.allocation === allocation ||
  (Array.isArray(body.delivery?.stops) && body.delivery.stops.some((stop) => stop?.allocation === allocation));

// Note that a record or photo is about to be sent. From here on it never changes, because the service may have received
// it. Return whether it is still kept: it may have been undone meanwhile.
const isTried = async (kind, { key, tried_at: triedAt }) => Boolean(triedAt) || update(kind, key, { tried_at: now() });

async function sendPhoto(photo) {
  if (!(await isTried("photos", photo))) return { state: "next" };
  const place = [photo.delivery, "stops", photo.allocation, "photo"].map(encodeURIComponent).join("/");
  const answer = await fetchJson(`/api/deliveries/${place}`, {
    method: "POST",
    headers: headersOf(photo, photo.type),
    body: photo.content,
    timeout: PHOTO_TIMEOUT,
  });
  if (isConfirmed(photo, answer.status, answer.body)) {
    await confirmPhoto(photo.key);
    return { state: "next" };
  }
  return kept("photos", photo, answer);
}

const headersOf = ({ key }, type) => ({
  "Accept-Language": htmlLanguage(),
  "Content-Type": type,
  "Idempotency-Key": key,
  "Sent-At": now(),
});

// Keep what was not confirmed. An answer that is not from our service counts as no answer.
async function kept(kind, record, { status, body, language, retryAfter }) {
  if (!isProblem(status, body) || LATER.includes(status)) return { state: "later", wait: retryAfter };
  if (status === 401) return { state: "signed-out" };
  const problem = { status, type: body.type, language, detail: body.detail };
  await update(kind, record.key, { state: status === 403 ? "asks" : "refused", problem });
  return { state: "next" };
}
