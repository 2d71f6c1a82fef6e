// One stop: who, where, what, and the buttons of its outcome.
import { dayAndTimeOf, dayOf } from "./clock.js";
import { callLink, h, link } from "./dom.js";
import { draftOf, dropDraft, keepDraft, keepDraftPhoto } from "./run_drafts.js";
import { codeInput, outcomeForm } from "./outcome_form.js";
import { goods, inWords } from "./quantities.js";
import { linesOf, outcomeOf } from "./records.js";
import { t } from "./texts.js";
import { CODE_RESULTS, OUTCOMES, REASONS, RECEIVED_BY, confirmedWords, isCodeWrong, isReached, outcomeWords, problemWords, proofWords, stateWords } from "./wording.js";

const isAndroid = /Android/.test(navigator.userAgent);

export const stopHash = (stop) => `stop/${encodeURIComponent(stop.delivery)}/${encodeURIComponent(stop.allocation)}`;

// Return the place of what is half typed about a stop, or of the stop. The form has a place of its own, so that the
// phone's Back leaves it, and keeps what is typed.
export const formHash = (stop, draft = draftOf(stop)) => (draft ? `${stopHash(stop)}/${draft.outcome}` : stopHash(stop));

// Return the address of a map search. It contains the address of the stop and no name.
function mapAddress(address) {
  const query = encodeURIComponent(address);
  return isAndroid ? `geo:0,0?q=${query}` : `https://www.openstreetmap.org/search?query=${query}`;
}

// The station writes the wanted day first, as 2026-11-30.
const whenAtHome = (window) => window.replace(/^\d{4}-\d\d-\d\d/, dayOf).replace(", ", t(", "));

// Name, address, hint and the ways to get there.
export function whoAndWhere(stop) {
  const { name, address, hint, telephone } = stop.recipient;
  return h(
    "div",
    { class: "who" },
    h("p", { class: "household" }, name ?? stop.recipient.code),
    address ? h("p", { class: "address" }, address) : null,
    hint ? h("p", { class: "hint" }, hint) : null,
    stop.time_window ? h("p", { class: "hint" }, t("At home: %(when)s", { when: whenAtHome(stop.time_window) })) : null,
    h(
      "div",
      { class: "ways" },
      telephone ? callLink(telephone, t("Call %(number)s", { number: telephone })) : null,
      address ? h("a", { class: "button quiet", href: mapAddress(address), target: "_blank", rel: "noopener noreferrer" }, t("Map")) : null,
    ),
  );
}

// Return the page of a stop.
//   chosen: the outcome whose form is open, or undefined
//   save(stop, report, photo): records what was entered, and returns what went wrong or null
//   undo(record): takes back a record that was not tried to be sent
export function stopView(stop, zone, chosen, save, undo) {
  const outcome = outcomeOf(stop);
  const place = h("div", { class: "choice" });
  const open = () => place.replaceChildren(choice(stop, chosen, save));
  if (outcome) {
    place.append(
      h("button", { class: "quiet wide-button", type: "button", onclick: open }, t("Report something else")),
      h("p", { class: "note" }, t("A second report that differs is decided by the station.")),
    );
  }
  if (!outcome || draftOf(stop) || chosen) open();
  return h(
    "div",
    { class: "stop" },
    h("h1", { tabindex: "-1" }, t("Stop %(number)s", { number: stop.number })),
    whoAndWhere(stop),
    goods(stop.lines),
    stop.collected_on ? h("p", { class: "notice" }, t("Collected at the station on %(day)s", { day: dayOf(stop.collected_on) })) : null,
    stop.conflict && !stop.own ? conflictSides(stop, zone) : null,
    outcome && (stop.own || !stop.conflict) ? known(stop, outcome, zone) : null,
    stop.own?.tried_at === null ? h("button", { class: "quiet wide-button", type: "button", onclick: () => undo(stop.own) }, t("Undo")) : null,
    isCodeAskedAgain(stop) ? codeAgain(stop, save) : null,
    place,
  );
}

// The outcomes to choose from, or the form of the chosen one.
function choice(stop, chosen, save) {
  const place = h("div", { class: "choice" });
  const draft = draftOf(stop);
  const begun = (outcome) => (draftOf(stop)?.outcome === outcome ? draftOf(stop) : null);
  const buttons = h(
    "div",
    { class: "outcomes" },
    Object.entries(OUTCOMES()).map(([outcome, title]) =>
      h("button", { type: "button", class: `outcome-${outcome}`, onclick: () => openForm(outcome) }, title),
    ),
    draft ? link(formHash(stop), { class: "button quiet" }, t("Begun, not saved: %(outcome)s", { outcome: outcomeWords(draft) })) : null,
  );
  const openForm = (outcome) => {
    history.pushState({ isForm: true }, "", `#/${stopHash(stop)}/${outcome}`);
    fill(outcome, begun(outcome));
  };
  const fill = (outcome, before) => {
    const form = outcomeForm(stop, outcome, before, {
      keep: (typed) => keepDraft(stop, outcome, typed),
      keepPhoto: (photo) => keepDraftPhoto(stop, photo),
    });
    const button = h("button", { type: "button", class: "save" }, t("Save"));
    const failure = h("p", { class: "alert", role: "alert", hidden: true });
    button.addEventListener("click", async () => {
      const read = form.read();
      if (!read) return;
      button.disabled = true;
      const error = await save(stop, read.report, read.photo);
      button.disabled = false;
      failure.hidden = !error;
      failure.textContent = error ?? "";
      if (error) failure.scrollIntoView({ block: "center" });
    });
    const leave = () => {
      dropDraft(stop);
      if (history.state?.isForm) return history.back();
      location.replace(`#/${stopHash(stop)}`);
    };
    const back = h("button", { type: "button", class: "quiet", onclick: leave }, t("Back"));
    place.replaceChildren(form.element, failure, h("div", { class: "sticky" }, form.proofs, h("div", { class: "actions" }, button, back)));
    const title = form.element.querySelector("h2");
    title.focus({ preventScroll: true });
    title.scrollIntoView();
  };
  if (Object.hasOwn(OUTCOMES(), chosen ?? "")) fill(chosen, begun(chosen));
  else place.append(buttons);
  return place;
}

// A report of this phone that is not in the run yet may have the right code.
const isCodeAskedAgain = (stop) => !stop.own && !stop.conflict && !draftOf(stop) && stop.outcome?.code === "wrong" && !stop.outcome.confirmed;

// Return a field that reports the known outcome once more, with another code. Equal outcomes agree.
function codeAgain(stop, save) {
  const { outcome, lines, received_by: receivedBy } = stop.outcome;
  const code = codeInput(t("Enter the code again"), "");
  const failure = h("p", { class: "alert", role: "alert", hidden: true });
  const button = h("button", { type: "button", class: "wide-button" }, t("Save"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const report = { outcome, lines: outcome === "partly" ? lines : null, proof: "code", received_by: receivedBy, code: code.value() };
    const error = code.isCode() ? await save(stop, report, null) : t("A code has six digits.");
    button.disabled = false;
    failure.hidden = !error;
    failure.textContent = error ?? "";
  });
  return h("div", { class: "outcome" }, code.element, failure, button);
}

function known(stop, outcome, zone) {
  const { own } = stop;
  const tag = own ? (own.state ? stateWords(own) : t("Sent to the station")) : t("Recorded at the station");
  const isTrouble = own?.state === "refused" || own?.state === "asks" || isCodeWrong(outcome);
  return h(
    "div",
    { class: isTrouble ? "warning" : isReached(outcome) ? "notice" : "box" },
    h("p", {}, h("strong", {}, outcomeWords(outcome)), " · ", tag),
    outcome.code && !outcome.confirmed ? h("p", {}, CODE_RESULTS()[outcome.code]) : null,
    outcome.confirmed ? h("p", {}, confirmedWords(outcome.confirmed)) : null,
    side(stop, outcome, zone),
    own?.problem ? h("p", {}, problemWords(own.problem)) : null,
    own?.status === 202 ? h("p", {}, t("It differs from what is recorded. The station decides.")) : null,
  );
}

// Both sides of a contradiction.
function conflictSides(stop, zone) {
  const { reported, recorded } = stop.conflict;
  return h(
    "div",
    { class: "warning" },
    h("p", {}, h("strong", {}, t("Two reports differ. The station decides."))),
    h(
      "div",
      { class: "sides" },
      h("div", {}, h("h3", {}, t("As reported")), side(stop, reported, zone)),
      h("div", {}, h("h3", {}, t("In the books")), recorded ? side(stop, recorded, zone) : h("p", {}, t("Nothing"))),
    ),
  );
}

function side(stop, outcome, zone) {
  const facts = [outcomeWords(outcome)];
  if (outcome.happened_at) facts.push(dayAndTimeOf(outcome.happened_at, zone));
  if (outcome.received_by) facts.push(RECEIVED_BY()[outcome.received_by]);
  if (outcome.why) facts.push(REASONS()[outcome.why]);
  facts.push(...proofWords(outcome));
  if (outcome.phone) facts.push(outcome.phone);
  const lines = linesOf(stop, outcome);
  return h(
    "div",
    {},
    h("p", { class: "note" }, facts.join(" · ")),
    h(
      "ul",
      {},
      stop.lines.map((line) => h("li", {}, named(line.name, partsOf(line, lines.find((each) => each.line === line.line))))),
    ),
  );
}

const named = (name, what) => t("%(name)s: %(what)s", { name, what });

function partsOf(line, done) {
  if (!done) return line.words;
  const parts = [
    [done.received, (quantity) => t("%(quantity)s handed over", { quantity })],
    [done.brought_back, (quantity) => t("%(quantity)s in the bag", { quantity })],
    [done.lost, (quantity) => t("%(quantity)s lost", { quantity })],
  ];
  return parts.filter(([quantity]) => quantity).map(([quantity, words]) => words(inWords(quantity, line))).join(t(", "));
}

export function missingStop() {
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("This stop is not on this phone")),
    h("p", {}, t("It belongs to a delivery of another team, or to one that has ended.")),
    h("p", {}, link("", { class: "button" }, t("All stops"))),
  );
}
