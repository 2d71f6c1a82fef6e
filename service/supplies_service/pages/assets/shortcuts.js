// Keyboard shortcuts of all pages. `?` lists them. Keys without Ctrl work only outside of fields, and
// can be switched off, because speech input may press them by mistake.
import { dropRecordedDraft } from "./drafts.js";

const OFF = "shortcuts-off";
const list = document.querySelector("dialog[data-shortcuts]");
const button = document.querySelector("button[data-shortcuts]");
const isOn = list.querySelector("input[type=checkbox]");

dropRecordedDraft();

isOn.checked = !localStorage.getItem(OFF);
isOn.addEventListener("change", () => {
  if (isOn.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "yes");
});
button.hidden = false;
button.addEventListener("click", () => list.showModal());

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!isOn.checked || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "?") list.showModal();
  else if (event.key === "/") document.querySelector("main input[type=search], main input[data-find]")?.focus();
  else {
    const entry = [...list.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
    if (!entry) return;
    location.assign(entry.href);
  }
  event.preventDefault();
});
