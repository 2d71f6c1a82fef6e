// The form of one outcome: how much, who received it, signature, code, photo, reason.
import { h } from "./dom.js";
import { chips, field, folded, stepper } from "./fields.js";
import { photoField } from "./photo_field.js";
import { inWords } from "./quantities.js";
import { signatureField } from "./signature.js";
import { t } from "./texts.js";
import { OUTCOMES, RECEIVED_BY, isReached, isTriedAgain, reasonsOf } from "./wording.js";

const MOST_NOTE = 2000; // characters that the service accepts

// Return `{ element, proofs, read() }`. `proofs` are the buttons for signature, code and photo. `read` returns
// `{ report, photo }`, or null if a field is wrong. `photo` is null, or a promise of the photo, made small, which is null
// if the browser cannot read it.
//   before: what was typed before, `{ typed, photo }`, or null
//   keep(typed): called after each change with all that is typed, whether it is right or not
//   keepPhoto(photo): called when a photo was made small, and with null when there is none any more
export function outcomeForm(stop, outcome, before, { keep, keepPhoto }) {
  const typed = before?.typed ?? {};
  const reached = isReached({ outcome });
  const again = isTriedAgain(outcome);
  const quantities = outcome === "partly" ? stop.lines.map((line, at) => lineFields(line, typed.lines?.[at])) : [];
  const receivedBy = reached ? chips("received_by", t("Who received it?"), RECEIVED_BY(), typed.received_by) : null;
  const reasons = reasonsOf(outcome);
  const why = reasons ? chips("why", t("Why, if you know"), reasons, typed.why ?? typed.refusal) : null;
  const nextAttempt = again ? field(t("Try again on"), { type: "date", value: typed.next_attempt }) : null;
  const window = again ? field(t("At home at this time"), { type: "text", maxlength: 200, value: typed.time_window }) : null;
  const code = reached && stop.code_expected ? codeField(typed.code) : null;
  const note = field(outcome === "lost" ? t("What happened?") : t("Note"), { type: "text", maxlength: MOST_NOTE, value: typed.note });
  const photo = photoField(before?.photo ?? null, keepPhoto);
  const signing = reached ? signatureFold(typed.signature, changed) : null;
  const unchanged = h("p", { class: "alert", role: "alert", hidden: true });

  // The fields that a report and a draft have in common.
  const fields = () => ({
    received_by: receivedBy?.value(),
    signature: signing?.strokes(),
    code: code?.value(),
    why: why?.value(),
    next_attempt: nextAttempt?.value(),
    time_window: window?.value(),
    note: note.value(),
  });

  function changed() {
    unchanged.hidden = true;
    for (const fold of [signing, code]) fold?.mark();
    keep({ ...fields(), lines: quantities.map((line) => line.typed()) });
  }

  function read() {
    const lines = quantities.map((line) => line.read());
    if (lines.some((line) => line === null)) return null;
    if (outcome === "partly" && lines.every((line) => !line.brought_back && !line.lost)) {
      unchanged.textContent = t("Change at least one quantity. If everything was handed over, go back and choose that.");
      unchanged.hidden = false;
      quantities[0].focus();
      unchanged.scrollIntoView({ block: "center" });
      return null;
    }
    if (code && !code.check()) return null;
    const chosen = photo.chosen();
    const entered = fields();
    const proof = entered.signature ? "signature" : entered.code ? "code" : chosen ? "photo" : null;
    return { report: { outcome, lines, proof, ...entered }, photo: chosen };
  }

  const element = h(
    "div",
    { class: "outcome" },
    h("h2", { tabindex: "-1" }, OUTCOMES()[outcome]),
    quantities.map((line) => line.element),
    unchanged,
    receivedBy?.element,
    why?.element,
    nextAttempt?.element,
    window?.element,
    signing?.element,
    code?.element,
    photo.element,
    note.element,
  );
  const proofs = h("div", { class: "proofs" }, signing?.button, code?.button, photo.button);
  // Buttons change fields too. Their own listeners run first.
  for (const part of [element, proofs]) for (const event of ["input", "click"]) part.addEventListener(event, changed);
  for (const [fold, before] of [[signing, typed.signature], [code, typed.code]]) if (before) fold?.open();
  for (const fold of [signing, code]) fold?.mark();
  return { element, proofs, read };
}

function signatureFold(before, changed) {
  let pad = null;
  const strokes = () => pad?.strokes() ?? null;
  const make = () => {
    pad = signatureField(before ?? [], changed);
    return pad.element;
  };
  return { ...folded(t("Signature"), make, strokes), strokes };
}

// A field for the code of a household.
export function codeInput(title, before) {
  const said = field(title, { type: "text", inputmode: "numeric", maxlength: 12, autocomplete: "off", value: before });
  const value = () => said.value().normalize("NFKC").replace(/\s/g, "");
  return { element: said.element, value, isCode: () => /^\d{6}$/.test(value()) };
}

// The code is optional, and a wrong one does not change what happened. So `check` returns false for what is no code only
// the first time that it is called.
function codeField(before) {
  const said = codeInput(t("Code that the household says"), before);
  const wrong = h("p", { class: "alert", role: "alert", hidden: true }, t("A code has six digits. Correct it or delete it, or save again to keep it as it is."));
  const { value } = said;
  let warnedOf = "";
  const fold = folded(t("Spoken code"), () => h("div", {}, said.element, wrong), said.isCode);
  const check = () => {
    const isFine = [warnedOf, ""].includes(value()) || said.isCode();
    wrong.hidden = isFine;
    if (isFine) return true;
    warnedOf = value();
    fold.open();
    return false;
  };
  return { ...fold, value, check };
}

// One line of the outcome "partly": how much was received, and where the rest is.
//   before: what was typed before, `{ amount, rest }`
function lineFields(line, before = { amount: line.quantity, rest: "brought_back" }) {
  const rest = h("output", { class: "note" });
  const lost = chips("rest", t("Where is the rest?"), { brought_back: t("In the bag"), lost: t("Lost") }, before.rest);
  const left = () => (number.isValid() ? line.quantity - number.amount() : 0);
  const number = stepper({
    title: t("%(name)s, handed over of %(quantity)s", { name: line.name, quantity: line.words }),
    value: before.amount, most: line.quantity, fallback: line.quantity,
    less: t("One less: %(name)s", line), more: t("One more: %(name)s", line),
    changed: () => {
      lost.element.hidden = left() === 0;
      rest.textContent = number.isValid()
        ? left() ? t("Not handed over: %(quantity)s", { quantity: inWords(left(), line) }) : t("All of it")
        : t("Enter a whole number from 0 to %(most)s", { most: line.quantity });
    },
  });
  number.show();
  return {
    element: h("div", { class: "partly" }, number.label, number.element, rest, lost.element),
    focus: () => number.input.focus(),
    typed: () => ({ amount: number.input.value, rest: lost.value() }),
    read: () => {
      if (!number.isValid()) {
        number.input.focus();
        return null;
      }
      const found = { line: line.line, received: number.amount(), brought_back: 0, lost: 0 };
      found[lost.value() === "lost" ? "lost" : "brought_back"] = left();
      return found;
    },
  };
}
