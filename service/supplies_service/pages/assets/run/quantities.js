// Quantities in words and pictures: a box for each pack, a dot for each piece.
import { h, svg } from "./dom.js";

const MOST = 20; // symbols of one kind in a picture
const TEN = 10; // symbols side by side, so that they can be counted and fit on a narrow phone

// Return a quantity of a line's item in words, such as "20 pieces".
export function inWords(quantity, line) {
  if (quantity === line.quantity) return line.words;
  // A run that an older version kept does not have the unit.
  const unit = quantity === 1 ? line.unit?.one : line.unit?.many;
  return [quantity.toLocaleString("en"), unit].filter(Boolean).join(" ");
}

export function goods(lines) {
  return h(
    "ul",
    { class: "goods" },
    lines.map((line) =>
      h(
        "li",
        {},
        h("span", { class: "name" }, line.name),
        h("span", { class: "words" }, line.words),
        line.packs.length ? h("span", { class: "note" }, line.packs.map((pack) => pack.words).join(" + ")) : null,
        picture(line),
      ),
    ),
  );
}

function picture(line) {
  const rows = line.packs.length ? line.packs.map((pack) => [pack.quantity, "pack"]) : [[line.quantity, "piece"]];
  return h(
    "span",
    { class: "pictures", "aria-hidden": "true" },
    rows
      .filter(([count]) => count > 0 && count <= MOST)
      .flatMap(([count, kind]) => [Math.min(count, TEN), count - TEN].filter((some) => some > 0).map((some) => symbols(some, kind))),
  );
}

function symbols(count, kind) {
  const width = kind === "pack" ? 26 : 14;
  const drawn = Array.from({ length: count }, (_, at) =>
    kind === "pack"
      ? svg("path", { d: `M${at * width + 2} 6h20v16h-20z M${at * width + 2} 12h20 M${at * width + 12} 6v6`, class: kind })
      : svg("circle", { cx: at * width + 7, cy: 14, r: 5, class: kind }),
  );
  return svg("svg", { viewBox: `0 0 ${count * width} 28`, width: count * width, height: 28 }, drawn);
}
