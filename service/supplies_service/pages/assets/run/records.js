// Records of outcomes and hand-outs. The key and the exact text of a record are made once, at the tap, and never again.
import { now } from "./clock.js";

export const HOLD = 8_000; // milliseconds in which a saved record is not sent, so that it can be undone

// Return the record of a stop's outcome, ready to be kept.
//   stop: the stop, with its delivery and number
//   report: the fields of the outcome; empty ones are left out
//   typed: what was typed in its form, which comes back if the record is undone
export function makeRecord({ delivery, allocation, number }, report, typed) {
  const shown = { delivery, allocation, number, outcome: report.outcome, lines: report.lines ?? null, received_by: report.received_by, why: report.why, proofs: proofsIn(report) };
  return { delivery, allocation, ...recordOf({ allocation, ...report }, shown, typed) };
}

const proofsIn = (report) => ["signature", "code"].filter((name) => isFilled(report[name]));

// Return the record of a hand-out at a counter, ready to be kept. It has no delivery. The goods are kept with it in words,
// because a phone whose access ended has no run that names them.
export function makeHandOut({ location, goods }, report, typed) {
  const { recipient, lines } = report;
  const named = goods.filter(({ item }) => lines.some((line) => line.item === item));
  const shown = { counter: location, recipient, lines, goods: named.map(({ item, name, unit }) => ({ item, name, unit })) };
  return recordOf({ location, ...report }, shown, typed);
}

// The place of what is typed about a counter, among those of stops.
export const counterPlace = ({ location }) => ({ delivery: "counter", allocation: location });

//   shown: what the page shows of the record. It contains no names.
function recordOf(fields, shown, typed) {
  const madeAt = now();
  const clean = Object.entries({ ...fields, happened_at: madeAt }).map(([name, value]) => [name, cleaned(value)]);
  const stated = clean.filter(([, value]) => isFilled(value));
  return {
    key: crypto.randomUUID(),
    body: JSON.stringify(Object.fromEntries(stated)),
    made_at: madeAt,
    hold: HOLD,
    hold_until: Date.now() + HOLD,
    tried_at: null,
    state: "waiting",
    problem: null,
    shown: { ...shown, happened_at: madeAt },
    typed,
  };
}

// Return a text without characters that the service refuses, such as those that some keyboards and scanners add.
const cleaned = (value) =>
  typeof value === "string" ? value.replace(/[\t\n\r\u2028\u2029]+/g, " ").replace(/[\p{Cc}\p{Cs}]/gu, "").trim() : value;

const isFilled = (value) => value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && !value.length);

export function makePhoto(stop, record, file) {
  return {
    key: crypto.randomUUID(),
    record: record.key,
    order: Date.now(),
    delivery: stop.delivery,
    allocation: stop.allocation,
    number: stop.number,
    type: file.type,
    content: file.content,
    made_at: record.made_at,
    tried_at: null,
    state: "waiting",
    problem: null,
  };
}

// Return the stops of all runs in order, each with what is known of its outcome:
//   own: the latest record of this phone that is not in the run yet, or null
export function stopsOf({ run, records, sent }) {
  const own = new Map();
  for (const one of [...sent, ...records]) own.set(`${one.delivery}/${one.allocation}`, one);
  return (run?.answer.runs ?? []).flatMap((each) =>
    each.stops.map((stop) => ({ ...stop, delivery: each.delivery, own: own.get(`${each.delivery}/${stop.allocation}`) ?? null })),
  );
}

// Return whether a record can be taken back: it was never tried, and its stop or counter is there to enter it again.
export function canUndo({ run }, { delivery, allocation, shown, tried_at: triedAt }) {
  if (triedAt || !run) return false;
  const { runs, counter } = run.answer;
  if (shown.counter) return counter?.location === shown.counter;
  return runs.some((each) => each.delivery === delivery && each.stops.some((stop) => stop.allocation === allocation));
}

// Return how many outcomes and hand-outs are not confirmed. A photo is a part of its outcome.
export const countUnsent = ({ records, photos }) =>
  new Set([...records.map(({ key }) => key), ...photos.map(({ record }) => record)]).size;

// Return whether the phone will send something by itself. What the station did not accept waits for a person.
export const isAnyWaiting = ({ records, photos }) => [...records, ...photos].some((one) => one.state === "waiting");

// Return the hand-outs of this phone that are not in the run yet.
export const handOutsOf = ({ records, sent }) =>
  [...sent.map((one) => ({ shown: one })), ...records].filter(({ shown }) => shown.counter);

// Return the team's hand-outs about which the station decides. A run that an older version kept does not list them.
export const waitingOf = ({ run }) => run?.answer.waiting_hand_outs ?? [];

// Return the outcome of a stop as this phone knows it, or null.
export function outcomeOf(stop) {
  if (stop.own) return stop.own.shown ?? stop.own;
  return stop.outcome;
}

// Return what happened to each line of a stop: a list of `{ line, received, brought_back, lost }`.
export function linesOf(stop, outcome) {
  if (outcome.lines?.length) return outcome.lines;
  const place = { handed_over: "received", lost: "lost" }[outcome.outcome] ?? "brought_back";
  return stop.lines.map(({ line, quantity }) => ({ line, received: 0, brought_back: 0, lost: 0, [place]: quantity }));
}
