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
  const canvas = h("canvas", { class: "signature", role: "img", "aria-label": t("Signature") });
  const pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 2.5, penColor: "#111", backgroundColor: "#fff" });
  const clear = h("button", { type: "button", class: "quiet", onclick: () => pad.clear() }, t("Clear the signature"));
  // The points are in pixels of the page. When the phone is turned, the field changes its size and is empty again.
  const sizes = new ResizeObserver(() => {
    const ratio = window.devicePixelRatio;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.clear();
  });
  sizes.observe(canvas);
  return {
    element: h("div", { class: "sign" }, canvas, clear),
    strokes: () => {
      if (pad.isEmpty()) return null;
      const scale = WIDTH / canvas.clientWidth;
      return pad.toData().slice(0, MOST_STROKES).map((stroke) => strokeOf(stroke, scale));
    },
  };
}

function strokeOf({ points }, scale) {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % every === 0).map(({ x, y }) => [within(x * scale, WIDTH), within(y * scale, HEIGHT)]);
}

const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
