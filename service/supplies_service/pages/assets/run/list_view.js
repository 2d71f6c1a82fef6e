// The stops in order, the next one large.
import { h, link } from "./dom.js";
import { draftOf } from "./run_drafts.js";
import { goods } from "./quantities.js";
import { outcomeOf } from "./records.js";
import { formHash, whoAndWhere } from "./stop_view.js";
import { t } from "./texts.js";
import { isCodeWrong, isReached, outcomeWords, stateWords } from "./wording.js";

const FIND_FROM = 8; // stops
const AT_ONCE = 50; // stops that are drawn at once, so that a long list is quick on an old phone

export function listView(stops) {
  const done = stops.filter(outcomeOf);
  const open = stops.filter((stop) => !outcomeOf(stop));
  const [next, ...rest] = open;
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("%(done)s of %(all)s stops done", { done: done.length, all: stops.length })),
    h("progress", { max: stops.length, value: done.length, "aria-hidden": "true" }),
    next ? nextStop(next) : h("p", { class: "notice" }, t("All stops are done. Bring the rest of the bag back to the station.")),
    rest.length ? section(t("Then"), rest) : null,
    done.length ? doneStops(done) : null,
  );
}

function nextStop(stop) {
  return h(
    "article",
    { class: "next" },
    h("h2", {}, t("Next: stop %(number)s", { number: stop.number })),
    whoAndWhere(stop),
    goods(stop.lines),
    draftOf(stop) ? h("p", { class: "note" }, t("Begun, not saved")) : null,
    link(formHash(stop), { class: "button wide-button" }, t("Record the outcome")),
  );
}

function section(title, stops) {
  const list = h("ol", { class: "stops" });
  const more = h("button", { type: "button", class: "quiet wide-button", onclick: () => draw(AT_ONCE) });
  let left = stops;
  const draw = (count) => {
    list.append(...left.slice(0, count).map(row));
    left = left.slice(count);
    more.hidden = !left.length;
    more.textContent = t("%(count)s more", { count: left.length });
  };
  draw(AT_ONCE);
  if (stops.length < FIND_FROM) return h("section", {}, title ? h("h2", {}, title) : null, list);
  const find = h("input", { type: "search", "aria-label": t("Find a stop"), placeholder: t("Find a stop: name, address, number") });
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    left = wanted ? stops.filter((stop) => textOf(stop).includes(wanted)) : stops;
    list.replaceChildren();
    draw(AT_ONCE);
  });
  return h("section", {}, title ? h("h2", {}, title) : null, find, list, more);
}

const textOf = ({ number, allocation, recipient: { code, name, address } }) =>
  [number, allocation, code, name, address].join(" ").toLowerCase();

function row(stop) {
  const outcome = outcomeOf(stop);
  const isTrouble = ["asks", "refused"].includes(stop.own?.state) || stop.conflict || stop.own?.status === 202 || isCodeWrong(outcome);
  return h(
    "li",
    {},
    link(
      formHash(stop),
      {},
      h("span", { class: "number" }, String(stop.number)),
      h("span", { class: "what" }, stop.recipient.name ?? stop.recipient.code, h("small", {}, stop.recipient.address ?? "")),
      draftOf(stop) ? h("span", { class: "state late" }, t("Begun, not saved")) : null,
      outcome ? h("span", { class: isTrouble ? "state late" : isReached(outcome) ? "state good" : "state" }, outcomeWords(outcome), h("small", {}, stateOf(stop))) : null,
    ),
  );
}

function stateOf(stop) {
  if (stop.conflict || stop.own?.status === 202) return t("Two reports");
  const { code, confirmed } = outcomeOf(stop);
  if (confirmed) return t("confirmed");
  if (code === "wrong") return t("The code did not match");
  if (code === "too_many_wrong") return t("Too many wrong codes");
  if (stop.collected_on) return t("collected");
  return stop.own?.state ? stateWords(stop.own) : t("Sent to the station");
}

// Stops that are done. They are drawn when they are opened.
function doneStops(stops) {
  const place = h("div");
  const details = h("details", {}, h("summary", {}, t("Done (%(count)s)", { count: stops.length })), place);
  const draw = () => {
    if (details.open && !place.children.length) place.append(section(null, stops));
  };
  details.addEventListener("toggle", draw);
  details.open = stops.length <= FIND_FROM;
  draw();
  return details;
}
