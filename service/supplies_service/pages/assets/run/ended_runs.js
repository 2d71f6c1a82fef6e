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

// Keep what a new answer of the station says that is to be brought back. About a delivery that went to another team, it
// says nothing: then what this phone knows of it counts.
export function keepEnded(state, answer) {
  const before = endedRuns();
  const since = new Map(before.map(({ delivery, at }) => [delivery, at]));
  const kept = new Map(before.map((each) => [each.delivery, each]));
  const keep = (delivery, goods) => kept.set(delivery, { delivery, at: since.get(delivery) ?? Date.now(), goods });
  const known = state.run?.answer.runs ?? [];
  const stops = stopsOf(state);
  for (const { delivery } of known) if (answer.closed.includes(delivery)) keep(delivery, broughtBack(stops, delivery));
  for (const { delivery, goods } of answer.ended) keep(delivery, goods.map(inBag));
  for (const { delivery } of answer.runs) kept.delete(delivery);
  if (kept.size || before.length) localStorage.setItem(PLACE, JSON.stringify([...kept.values()]));
}

const inBag = ({ item, name, quantity, words, unit }) => ({ item, name, line: { quantity, words, unit }, ahead: 0, back: quantity });

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
