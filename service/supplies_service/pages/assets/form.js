// What makes forms quicker. Without JavaScript each form works too.
import { findAsTyped } from "./find.js";
import { dropRecordedDraft, keepDraft } from "./drafts.js";
import { editLines } from "./lines.js";
import { moveByEnter } from "./keys.js";
import { fitReasons } from "./reasons.js";
import { scanLines } from "./scan.js";

dropRecordedDraft();
for (const form of document.querySelectorAll("form.command")) {
  findAsTyped(form);
  editLines(form, findAsTyped);
  scanLines(form);
  fitReasons(form);
  moveByEnter(form);
  if (form.dataset.draft) keepDraft(form, findAsTyped);
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget) form.setAttribute("aria-busy", "true");
  });
}
