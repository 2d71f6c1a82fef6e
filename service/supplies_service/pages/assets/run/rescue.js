// Unsent records as text and QR codes, so that they can leave a phone that has no network. The desk takes them in.
import { generate } from "./lean-qr.js";
import { now } from "./clock.js";
import { h } from "./dom.js";
import { markAllTried } from "./store.js";
import { t } from "./texts.js";

const PART = 400; // characters of one QR code, so that cheap scanners and cameras read it

// Return lines of text with all records. The desk accepts them in any order, also twice.
export async function rescueLines(records, phone) {
  const stated = records.map(({ key, delivery, body, tried_at, made_at }) => ({ key, delivery, body, sent_at: tried_at, made_at }));
  const data = encode(await deflate(JSON.stringify({ now: now(), records: stated })));
  const parts = Math.ceil(data.length / PART);
  return Array.from(
    { length: parts },
    (_, at) => `supplies-run:1:${at + 1}/${parts}:${phone}:${data.slice(at * PART, (at + 1) * PART)}`,
  );
}

async function deflate(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function encode(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function qrCode(line, title) {
  const canvas = h("canvas", { class: "code", role: "img", "aria-label": title });
  generate(line).toCanvas(canvas, { on: [0, 0, 0, 255], off: [255, 255, 255, 255], pad: 4 });
  return canvas;
}

// Return elements with the codes and the text of all records that are not confirmed. They cannot be undone after that,
// because the desk may have read them.
export async function rescueView(phone) {
  const lines = await rescueLines(await markAllTried(now()), phone);
  const text = h("textarea", { readonly: true, rows: 6, "aria-label": t("The records as text") });
  text.value = lines.join("\n");
  const copy = h("button", {
    type: "button",
    class: "quiet",
    onclick: async () => {
      text.select();
      await navigator.clipboard.writeText(text.value);
      copy.textContent = t("Copied");
    },
  }, t("Copy the text"));
  return [
    h("p", {}, t("Let the desk scan these codes, or send it the text. Photos stay on the phone.")),
    ...lines.map((line, at) => {
      const title = t("Code %(number)s of %(count)s", { number: at + 1, count: lines.length });
      return h("figure", {}, qrCode(line, title), h("figcaption", {}, title));
    }),
    text,
    copy,
  ];
}
