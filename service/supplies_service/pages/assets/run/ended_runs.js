// What the team still has to bring back of deliveries that ended. It outlasts the run, because the team is still on its
// way. It contains goods and no names.
import { bagOf } from "./bag.js";
import { h } from "./dom.js";
import { stopsOf } from "./records.js";
import { t } from "./texts.js";

const PLACE = "ended-runs"; // in localStorage
const KEPT_FOR = 24 * 3600_000; // milliseconds

// Return the deliveries that ended in the last day: a list of `{ delivery, at, goods }`, with goods as in `bagOf`.
export const endedRuns = () =>
  JSON.parse(localStorage.getItem(PLACE) ?? "[]").filter(({ at }) => Math.abs(Date.now() - at) < KEPT_FOR);

// Keep what is to be brought back of the deliveries that are in the run of `state` and have ended in a new answer.
export function keepEnded(state, answer) {
  const out = new Set(answer.runs.map(({ delivery }) => delivery));
  const stops = stopsOf(state);
  const ended = (state.run?.answer.runs ?? []).filter(({ delivery }) => !out.has(delivery) && answer.closed.includes(delivery));
  const found = ended.map(({ delivery }) => ({ delivery, at: Date.now(), goods: broughtBack(stops, delivery) }));
  const before = endedRuns();
  const still = before.filter(({ delivery }) => !out.has(delivery) && ended.every((each) => each.delivery !== delivery));
  if (found.length || still.length < before.length) localStorage.setItem(PLACE, JSON.stringify([...still, ...found]));
}

const broughtBack = (stops, delivery) =>
  bagOf(stops.filter((stop) => stop.delivery === delivery))
    .filter(({ back }) => back)
    .map((each) => ({ ...each, ahead: 0 }));

export const forgetEnded = () => localStorage.removeItem(PLACE);

// Return the note that a delivery has ended, or null.
export function endedNote() {
  const ended = endedRuns();
  if (!ended.length) return null;
  const words = ended.some(({ goods }) => goods.length)
    ? t("The delivery has ended. Bring these goods back to the station:")
    : t("The delivery has ended. There is nothing to bring back.");
  return h("p", { class: "notice" }, words);
}
