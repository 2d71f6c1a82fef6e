// A signature on the screen, as strokes of whole numbers on a field of 1000 × 500.
import SignaturePad from "./signature_pad.js";
import { h } from "./dom.js";
import { t } from "./texts.js";

const WIDTH = 1000;
const HEIGHT = 500;
const MOST_STROKES = 100;
const MOST_POINTS = 400; // in one stroke

// Return `{ element, strokes() }`. `strokes` returns a list of lists of [x, y], or null if nobody signed.
//   kept: the strokes to begin with
//   changed(): called after each stroke
export function signatureField(kept, changed) {
  const canvas = h("canvas", { class: "signature", role: "img", "aria-label": t("Signature") });
  const pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 2.5, penColor: "#111", backgroundColor: "#fff" });
  let strokes = kept;
  const read = () => {
    const scale = WIDTH / canvas.clientWidth;
    strokes = pad.toData().slice(0, MOST_STROKES).map((stroke) => strokeOf(stroke, scale));
    changed();
  };
  const clear = () => {
    pad.clear();
    read();
  };
  pad.addEventListener("endStroke", read);
  // The pad has points in pixels. When the phone is turned, the field has another size, and the strokes are drawn anew.
  const sizes = new ResizeObserver(() => {
    const ratio = window.devicePixelRatio;
    const scale = canvas.clientWidth / WIDTH;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = canvas.clientHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    pad.fromData(strokes.map((stroke) => ({ points: stroke.map(([x, y]) => ({ x: x * scale, y: y * scale })) })));
  });
  sizes.observe(canvas);
  return {
    element: h("div", { class: "sign" }, h("p", { "aria-hidden": "true" }, t("Signature")), canvas, h("button", { type: "button", class: "quiet", onclick: clear }, t("Clear the signature"))),
    strokes: () => (strokes.length ? strokes : null),
  };
}

function strokeOf({ points }, scale) {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, at) => at % every === 0).map(({ x, y }) => [within(x * scale, WIDTH), within(y * scale, HEIGHT)]);
}

const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
