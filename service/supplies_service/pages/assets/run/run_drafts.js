// Half-typed outcomes of stops. They are kept while somebody types, so that they survive a reload and a dead battery.
import { readDrafts, writeDraft, writeDraftPhoto } from "./store.js";

const drafts = new Map(); // what is typed, by place
const photos = new Map(); // the photo chosen for it, by place
const unwritten = new Set();
let written = Promise.resolve();

export const placeOf = ({ delivery, allocation }) => `${delivery}/${allocation}`;

export async function loadDrafts() {
  for (const [place, { photo, ...draft }] of await readDrafts()) {
    drafts.set(place, draft);
    if (photo) photos.set(place, photo);
  }
}

// Return what was typed about a stop, `{ outcome, typed, photo }`, or null. `photo` is null if none was chosen.
export function draftOf(stop) {
  const draft = drafts.get(placeOf(stop));
  return draft ? { ...draft, photo: photos.get(placeOf(stop)) ?? null } : null;
}

// Keep what is typed about a stop. A photo that was chosen for another outcome is forgotten.
export function keepDraft({ delivery, allocation }, outcome, typed) {
  const place = placeOf({ delivery, allocation });
  if (photos.has(place) && drafts.get(place)?.outcome !== outcome) keepDraftPhoto({ delivery, allocation }, null);
  drafts.set(place, { delivery, allocation, outcome, typed });
  write(place, () => writeDraft(place, drafts.get(place)));
}

// Keep the photo that was chosen for what is typed, or forget it if it is null. If the form was left or saved while the
// photo was made smaller, it is forgotten.
export function keepDraftPhoto(stop, photo) {
  const place = placeOf(stop);
  if (photo && drafts.has(place)) photos.set(place, photo);
  else photos.delete(place);
  write(`photo of ${place}`, () => writeDraftPhoto(place, photos.get(place)));
}

export function dropDraft(stop) {
  const place = placeOf(stop);
  photos.delete(place);
  if (drafts.delete(place)) write(place, () => writeDraft(place, drafts.get(place)));
}

// Forget all drafts of this window. `wipeNames` and `wipeAll` erase them from the disk.
export function forgetDrafts() {
  drafts.clear();
  photos.clear();
}

// Write one change at a time, as it is when its turn comes. A phone that is full goes on without drafts.
function write(name, job) {
  if (unwritten.has(name)) return;
  unwritten.add(name);
  written = written.then(async () => {
    unwritten.delete(name);
    await job().catch(() => {});
  });
}
