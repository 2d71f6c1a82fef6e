// Records of outcomes. The key and the exact text of a record are made once, at the tap, and never again.
import { now } from "./clock.js";

export const HOLD = 8_000; // milliseconds in which a saved record can be undone, before it is sent

// Return a record that is ready to be kept.
//   stop: the stop, with its delivery and number
//   report: the fields of the outcome; empty ones are left out
export function makeRecord(stop, report) {
  const madeAt = now();
  const fields = { allocation: stop.allocation, ...report, happened_at: madeAt };
  return {
    key: crypto.randomUUID(),
    delivery: stop.delivery,
    allocation: stop.allocation,
    body: JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => isFilled(value)))),
    made_at: madeAt,
    hold: HOLD,
    hold_until: Date.now() + HOLD,
    tried_at: null,
    state: "waiting",
    problem: null,
    // What the page shows of the record. It contains no names.
    shown: {
      delivery: stop.delivery,
      allocation: stop.allocation,
      number: stop.number,
      outcome: report.outcome,
      lines: report.lines ?? null,
      happened_at: madeAt,
    },
  };
}

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
