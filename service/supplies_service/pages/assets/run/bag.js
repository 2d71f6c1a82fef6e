// What the team carries: goods for the stops to come, and goods to bring back.
import { linesOf, outcomeOf } from "./records.js";

// Return the goods of two bags as one bag.
export function joinBags(one, other) {
  const bag = new Map(one.map((each) => [each.item, each]));
  for (const each of other) {
    const known = bag.get(each.item);
    bag.set(each.item, known ? { ...known, ahead: known.ahead + each.ahead, back: known.back + each.back } : each);
  }
  return [...bag.values()];
}

// Return a list of `{ item, name, line, ahead, back }` in base units. `line` is an example with the words of the unit.
export function bagOf(stops) {
  const bag = new Map();
  for (const stop of stops) {
    const outcome = outcomeOf(stop);
    const done = outcome ? linesOf(stop, outcome) : [];
    for (const line of stop.lines) {
      if (!bag.has(line.item)) bag.set(line.item, { item: line.item, name: line.name, line, ahead: 0, back: 0 });
      const sum = bag.get(line.item);
      if (outcome) sum.back += done.find((each) => each.line === line.line)?.brought_back ?? 0;
      else sum.ahead += line.quantity;
    }
  }
  return [...bag.values()].filter((each) => each.ahead || each.back);
}
