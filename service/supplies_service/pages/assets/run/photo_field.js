// The field for a photo: take or choose one, see it, take another, or remove it.
import { h } from "./dom.js";
import { newId } from "./fields.js";
import { shrink } from "./photo.js";
import { t } from "./texts.js";

const PREVIEW = 160; // longest side of the preview, in pixels

// Return `{ element, button, chosen() }`. `chosen` returns null, or a promise of the photo, made small. The button stands
// apart from the rest, which takes no room before there is a photo.
//   before: the photo that was chosen before, `{ type, content }`, or null
//   keep(photo): called when a photo was made small, and with null when there is none any more
export function photoField(before, keep) {
  let chosen = before ? Promise.resolve(before) : null;
  const id = newId("photo");
  const note = h("span", { class: "note", role: "status" });
  const preview = h("canvas", { class: "preview", role: "img", "aria-label": t("The photo"), hidden: true });
  const input = h("input", { id, type: "file", accept: "image/*", capture: "environment", class: "hidden" });
  const label = h("label", { for: id, class: "button quiet" });
  const remove = h("button", { type: "button", class: "quiet", hidden: true }, t("Remove the photo"));

  const show = (words, hasPhoto) => {
    note.textContent = words;
    remove.hidden = !hasPhoto;
    preview.hidden = true;
    label.textContent = hasPhoto ? t("Another photo") : t("Photo");
    label.classList.toggle("done", hasPhoto);
  };

  // Show a photo when it was made small, unless another was chosen meanwhile.
  async function take(photo) {
    const found = await photo;
    if (photo !== chosen) return;
    if (!found) {
      chosen = null;
      show(t("The browser cannot read this photo. Choose another."), false);
    } else {
      show("", true);
      await draw(preview, found);
    }
    keep(found);
  }

  input.addEventListener("change", () => {
    const file = input.files[0];
    if (!file) return; // the choice was cancelled
    chosen = shrink(file);
    show(t("The photo is made smaller …"), true);
    take(chosen);
  });
  remove.addEventListener("click", () => {
    chosen = null;
    input.value = "";
    show("", false);
    keep(null);
  });
  show("", Boolean(before));
  if (before) draw(preview, before);
  return {
    element: h("div", { class: "photo" }, preview, h("p", {}, remove, note)),
    button: h("span", { class: "photo-button" }, input, label),
    chosen: () => chosen,
  };
}

// Draw a photo on a canvas: the page's policy allows no address of something in memory.
async function draw(canvas, { type, content }) {
  const image = await createImageBitmap(new Blob([content], { type }));
  const scale = PREVIEW / Math.max(image.width, image.height);
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.hidden = false;
}
