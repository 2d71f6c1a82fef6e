// What the phone keeps: its run, the records that are not confirmed yet, their photos, half-typed outcomes, and what was
// confirmed since the run was last fetched. Every change is on the disk before its promise is fulfilled.
import { deleteDB, openDB } from "./idb.js";

const NAME = "supplies-run";

// The schema, one step for each version. Steps are only added: each one changes what older versions stored.
const STEPS = [
  (database) => {
    const records = database.createObjectStore("records", { keyPath: "order", autoIncrement: true });
    records.createIndex("key", "key", { unique: true });
    records.createIndex("stop", ["delivery", "allocation"]);
    database.createObjectStore("photos", { keyPath: "key" });
    database.createObjectStore("sent", { keyPath: "key" });
    database.createObjectStore("run");
  },
  (database) => {
    database.createObjectStore("drafts");
  },
  (database) => {
    database.createObjectStore("draft_photos");
  },
];

const DRAFTS = ["drafts", "draft_photos"];
const ALL = ["records", "photos", "sent", "run", ...DRAFTS];

// Errors of a connection that the browser closed, for example because memory was short. Nothing was written.
const CLOSED = ["InvalidStateError", "UnknownError", "AbortError"];

const channel = new BroadcastChannel(NAME);

let connection;

// Somebody recorded this stop meanwhile, in another window.
export class AlreadyRecorded extends Error {}

// Call a function after each change, also one that another window made. It gets the names of what changed.
export function onChange(listener) {
  channel.addEventListener("message", (event) => listener(event.data));
  local.addEventListener("change", (event) => listener(event.detail));
}

const local = new EventTarget();

function changed(...names) {
  channel.postMessage(names);
  local.dispatchEvent(new CustomEvent("change", { detail: names }));
}

function connect() {
  connection ??= openDB(NAME, STEPS.length, {
    upgrade: (database, before, _, transaction) => {
      for (const step of STEPS.slice(before)) step(database, transaction);
    },
    blocking: (_, __, event) => {
      connection = undefined;
      event.target.close();
    },
    terminated: () => {
      connection = undefined;
    },
  });
  return connection;
}

async function transact(names, mode, job) {
  for (let again = true; ; again = false) {
    let transaction;
    try {
      transaction = (await connect()).transaction(names, mode, { durability: "strict" });
      transaction.done.catch(() => {}); // `done` is awaited below, unless the job failed before
      const result = await job(transaction);
      await transaction.done;
      return result;
    } catch (failure) {
      const error = transaction?.error ?? failure;
      abort(transaction);
      if (!again || !CLOSED.includes(error.name)) throw error;
      connection = undefined;
    }
  }
}

// Undo what a failed job wrote. The browser may have done so already.
function abort(transaction) {
  try {
    transaction?.abort();
  } catch {
    // It has ended.
  }
}

const write = (names, job) => transact(names, "readwrite", job);

// Return the run as it was kept, or undefined.
export function readRun() {
  return transact(["run"], "readonly", (transaction) => transaction.objectStore("run").get("run"));
}

// Return what stays when names are erased: `{ phone, number, ended }`, the id of this phone, its number in the team, and
// the station that ended its access. Each is undefined if there is none.
export function readPhone() {
  return transact(["run"], "readonly", async (transaction) => {
    const keys = ["phone", "number", "ended"];
    const [phone, number, ended] = await Promise.all(keys.map((key) => transaction.objectStore("run").get(key)));
    return { phone, number, ended };
  });
}

// Return `{ records, photos, sent }`, each list in the order in which it was made.
export function readQueue() {
  return transact(["records", "photos", "sent"], "readonly", async (transaction) => {
    const [records, photos, sent] = await Promise.all(
      ["records", "photos", "sent"].map((name) => transaction.objectStore(name).getAll()),
    );
    return { records, photos: photos.sort((one, other) => one.order - other.order), sent };
  });
}

// Keep the run as the service stated it, or null if it did not change. What was confirmed before it was asked for is
// part of it. Half-typed outcomes of other stops are deleted.
export async function keepRun(run, askedAt) {
  await write(["run", "sent", ...DRAFTS], async (transaction) => {
    if (run) {
      await transaction.objectStore("run").put(run, "run");
      await transaction.objectStore("run").put(run.answer.phone ?? null, "phone");
      await transaction.objectStore("run").delete("ended");
      const places = placesOf(run);
      for (const place of await transaction.objectStore("drafts").getAllKeys()) {
        if (!places.has(place)) await deleteDraft(transaction, place);
      }
    }
    const sent = transaction.objectStore("sent");
    for (const one of await sent.getAll()) if (one.at <= askedAt) await sent.delete(one.key);
  });
  changed(...(run ? ["run", "queue"] : ["queue"]));
}

const placesOf = (run) =>
  new Set([
    ...run.answer.runs.flatMap(({ delivery, stops }) => stops.map(({ allocation }) => `${delivery}/${allocation}`)),
    `counter/${run.answer.counter?.location}`,
  ]);

const deleteDraft = (transaction, place) =>
  Promise.all(DRAFTS.map((name) => transaction.objectStore(name).delete(place)));

// Return what is half typed, by place: `[place, { delivery, allocation, outcome, typed, photo }]`. `photo` is undefined
// if none is kept.
export function readDrafts() {
  return transact(DRAFTS, "readonly", async (transaction) => {
    const [drafts, photos] = DRAFTS.map((name) => transaction.objectStore(name));
    const places = await drafts.getAllKeys();
    return Promise.all(places.map(async (place) => [place, { ...(await drafts.get(place)), photo: await photos.get(place) }]));
  });
}

// Keep a half-typed outcome of a stop, or delete it with its photo if it is undefined. Nothing is kept after names were
// erased.
export async function writeDraft(place, draft) {
  await write(["run", ...DRAFTS], async (transaction) => {
    const isOut = await transaction.objectStore("run").count("run");
    if (draft && isOut) await transaction.objectStore("drafts").put(draft, place);
    else await deleteDraft(transaction, place);
  });
}

// Keep the photo of a half-typed outcome, or delete it if it is undefined. It is not kept without its draft.
export async function writeDraftPhoto(place, photo) {
  await write(DRAFTS, async (transaction) => {
    const photos = transaction.objectStore("draft_photos");
    if (photo && (await transaction.objectStore("drafts").count(place))) await photos.put(photo, place);
    else await photos.delete(place);
  });
}

// Keep a record, and delete what was typed of it, at `place`. `seen` is the key of the latest record of this stop that
// the person saw, or null.
export async function saveRecord(record, seen, place) {
  await write(["records", "sent", ...DRAFTS], async (transaction) => {
    const records = transaction.objectStore("records");
    if (await records.index("key").count(record.key)) return; // written by the attempt before
    const latest = record.delivery ? await latestOf(transaction, record) : null; // there may be many hand-outs
    if (latest && latest.key !== seen) throw new AlreadyRecorded();
    await records.add(record);
    await deleteDraft(transaction, place);
  });
  channel.postMessage(["queue"]); // this window shows it itself
}

// Return the latest record of the same stop that is kept, or undefined.
async function latestOf(transaction, { delivery, allocation }) {
  const kept = await transaction.objectStore("records").index("stop").getAll([delivery, allocation]);
  const sent = await transaction.objectStore("sent").getAll();
  return kept.at(-1) ?? sent.filter((one) => one.delivery === delivery && one.allocation === allocation).at(-1);
}

export async function savePhoto(photo) {
  await write(["photos"], (transaction) => transaction.objectStore("photos").put(photo));
  changed("queue");
}

// Take back a record and its photos that were not tried yet. Return whether this was still possible.
export async function undo(key) {
  const done = await write(["records", "photos"], async (transaction) => {
    const records = transaction.objectStore("records");
    const found = await records.index("key").get(key);
    if (!found || found.tried_at) return false;
    await records.delete(found.order);
    const photos = transaction.objectStore("photos");
    for (const photo of await photos.getAll()) if (photo.record === key) await photos.delete(photo.key);
    return true;
  });
  changed("queue");
  return done;
}

// Change the state of a record or photo. Its body and its key never change. Return whether it is still kept.
export async function update(kind, key, change) {
  const isKept = await write([kind], async (transaction) => {
    const store = transaction.objectStore(kind);
    const found = await (kind === "records" ? store.index("key") : store).get(key);
    if (found) await store.put({ ...found, ...change });
    return Boolean(found);
  });
  changed("queue");
  return isKept;
}

// Note that all records are about to leave the phone as text. None of them can be undone after that. Return them.
export async function markAllTried(at) {
  const records = await write(["records"], async (transaction) => {
    const store = transaction.objectStore("records");
    for (const one of await store.getAll()) if (!one.tried_at) await store.put({ ...one, tried_at: at });
    return store.getAll();
  });
  changed("queue");
  return records;
}

// Remove a record that the service confirmed, and remember what was confirmed until the next run is fetched.
export async function confirm(record, answer) {
  await write(["records", "sent"], async (transaction) => {
    await transaction.objectStore("records").delete(record.order);
    await transaction.objectStore("sent").put({ key: record.key, ...record.shown, ...answer });
  });
  changed("queue");
}

export async function confirmPhoto(key) {
  await write(["photos"], (transaction) => transaction.objectStore("photos").delete(key));
  changed("queue");
}

// Erase names, addresses, goods and what was half typed. The records that are not confirmed stay.
//   station: the station that ended the access of this phone. It is kept, with whether something half typed was erased
export async function wipeNames(station) {
  await write(["run", "sent", ...DRAFTS], async (transaction) => {
    const run = transaction.objectStore("run");
    const number = (await run.get("run"))?.answer.phone_number;
    if (number) await run.put(number, "number");
    const isHalfTyped = await transaction.objectStore("drafts").count();
    const erased = Boolean(isHalfTyped || (await run.get("ended"))?.erased);
    await run.put({ ...station, erased }, "ended");
    await run.delete("run");
    for (const name of ["sent", ...DRAFTS]) await transaction.objectStore(name).clear();
  });
  changed("run", "queue");
}

// Delete the database, unless a record was made meanwhile.
export async function wipeAll() {
  const unsent = await write(ALL, async (transaction) => {
    const counts = ["records", "photos"].map((name) => transaction.objectStore(name).count());
    const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    if (!total) for (const name of ALL) await transaction.objectStore(name).clear();
    return total;
  });
  if (unsent) return;
  (await connection)?.close();
  connection = undefined;
  await deleteDB(NAME);
  changed("run", "queue");
}
