// Half-typed outcomes of stops. They are kept while somebody types, so that they survive a reload and a dead battery.
import { readDrafts, writeDraft } from "./store.js";

const drafts = new Map();
const unwritten = new Set();
let written = Promise.resolve();

export const placeOf = ({ delivery, allocation }) => `${delivery}/${allocation}`;

export async function loadDrafts() {
  for (const draft of await readDrafts()) drafts.set(placeOf(draft), draft);
}

// Return what was typed about a stop, `{ outcome, typed }`, or null.
export const draftOf = (stop) => drafts.get(placeOf(stop)) ?? null;

// Keep what is typed about a stop.
export function keepDraft({ delivery, allocation }, outcome, typed) {
  drafts.set(placeOf({ delivery, allocation }), { delivery, allocation, outcome, typed });
  write(placeOf({ delivery, allocation }));
}

export function dropDraft(stop) {
  if (drafts.delete(placeOf(stop))) write(placeOf(stop));
}

// Forget all drafts of this window. `wipeNames` and `wipeAll` erase them from the disk.
export const forgetDrafts = () => drafts.clear();

// Write one draft at a time, as it is when its turn comes. A phone that is full goes on without drafts.
function write(place) {
  if (unwritten.has(place)) return;
  unwritten.add(place);
  written = written.then(async () => {
    unwritten.delete(place);
    await writeDraft(place, drafts.get(place)).catch(() => {});
  });
}
