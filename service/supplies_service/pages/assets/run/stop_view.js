// One stop: who, where, what, and the buttons of its outcome.
import { dayAndTimeOf } from "./clock.js";
import { callLink, h, link } from "./dom.js";
import { draftOf, dropDraft, keepDraft, keepDraftPhoto } from "./run_drafts.js";
import { outcomeForm } from "./outcome_form.js";
import { goods, inWords } from "./quantities.js";
import { linesOf, outcomeOf } from "./records.js";
import { t } from "./texts.js";
import { CODE_RESULTS, OUTCOMES, RECEIVED_BY, isCodeWrong, outcomeWords, problemWords, stateWords } from "./wording.js";

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

// Name, address, hint and the ways to get there.
export function whoAndWhere(stop) {
  const { name, address, hint, telephone } = stop.recipient;
  return h(
    "div",
    { class: "who" },
    h("p", { class: "household" }, name ?? stop.recipient.code),
    address ? h("p", { class: "address" }, address) : null,
    hint ? h("p", { class: "hint" }, hint) : null,
    stop.time_window ? h("p", { class: "hint" }, t("At home: %(when)s", { when: stop.time_window })) : null,
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
export function stopView(stop, zone, chosen, save) {
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
    stop.collected_on ? h("p", { class: "notice" }, t("Collected at the station on %(day)s", { day: stop.collected_on })) : null,
    stop.conflict && !stop.own ? conflictSides(stop, zone) : null,
    outcome && (stop.own || !stop.conflict) ? known(stop, outcome, zone) : null,
    place,
  );
}

// The outcomes to choose from, or the form of the chosen one.
function choice(stop, chosen, save) {
  const place = h("div", { class: "choice" });
  const draft = draftOf(stop);
  const buttons = h(
    "div",
    { class: "outcomes" },
    Object.entries(OUTCOMES()).map(([outcome, title]) =>
      h("button", { type: "button", class: `outcome-${outcome}`, onclick: () => openForm(outcome) }, title),
    ),
    draft ? link(formHash(stop), { class: "button quiet" }, `${t("Begun, not saved")}: ${outcomeWords(draft)}`) : null,
  );
  const openForm = (outcome) => {
    history.pushState({ isForm: true }, "", `#/${stopHash(stop)}/${outcome}`);
    fill(outcome, null);
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
  if (Object.hasOwn(OUTCOMES(), chosen ?? "")) fill(chosen, draft?.outcome === chosen ? draft : null);
  else place.append(buttons);
  return place;
}

function known(stop, outcome, zone) {
  const { own } = stop;
  const tag = own ? (own.state ? stateWords(own) : t("Sent to the station")) : t("Recorded at the station");
  return h(
    "div",
    { class: own?.state === "refused" || own?.state === "asks" || isCodeWrong(outcome) ? "warning" : "notice" },
    h("p", {}, h("strong", {}, outcomeWords(outcome)), " · ", tag),
    outcome.code ? h("p", {}, CODE_RESULTS()[outcome.code]) : null,
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
      h("div", {}, h("h3", {}, t("In the books")), recorded ? side(stop, recorded, zone) : h("p", {}, t("Nothing"))),
      h("div", {}, h("h3", {}, t("Reported")), side(stop, reported, zone)),
    ),
  );
}

function side(stop, outcome, zone) {
  const facts = [outcomeWords(outcome)];
  if (outcome.happened_at) facts.push(dayAndTimeOf(outcome.happened_at, zone));
  if (outcome.received_by) facts.push(RECEIVED_BY()[outcome.received_by]);
  if (outcome.phone) facts.push(outcome.phone);
  const lines = linesOf(stop, outcome);
  return h(
    "div",
    {},
    h("p", { class: "note" }, facts.join(" · ")),
    h(
      "ul",
      {},
      stop.lines.map((line) => h("li", {}, line.name, ": ", partsOf(line, lines.find((each) => each.line === line.line)))),
    ),
  );
}

function partsOf(line, done) {
  if (!done) return line.words;
  const parts = [
    [done.received, (quantity) => t("%(quantity)s handed over", { quantity })],
    [done.brought_back, (quantity) => t("%(quantity)s in the bag", { quantity })],
    [done.lost, (quantity) => t("%(quantity)s lost", { quantity })],
  ];
  return parts.filter(([quantity]) => quantity).map(([quantity, words]) => words(inWords(quantity, line))).join(", ");
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
