// A signature on the screen, as strokes of whole numbers on a field of 1000 × 500.
import SignaturePad from "./signature_pad.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

const WIDTH = 1000;
const HEIGHT = 500;
const MOST_STROKES = 100;
const MOST_POINTS = 400; // in one stroke

// Return `{ element, strokes() }`. `strokes` returns a list of lists of [x, y], or null if nobody signed.
export function signatureField() {
  const canvas = h("canvas", { width: WIDTH, height: HEIGHT, class: "signature", role: "img", "aria-label": t("Signature") });
  const pad = new SignaturePad(canvas, { minWidth: 3, maxWidth: 6, penColor: "#111", backgroundColor: "#fff" });
  const clear = h("button", { type: "button", class: "quiet", onclick: () => pad.clear() }, t("Clear the signature"));
  return {
    element: h("div", { class: "sign" }, canvas, clear),
    strokes: () => (pad.isEmpty() ? null : pad.toData().slice(0, MOST_STROKES).map(strokeOf)),
  };
}

function strokeOf({ points }) {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % every === 0).map(({ x, y }) => [within(x, WIDTH), within(y, HEIGHT)]);
}

const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
