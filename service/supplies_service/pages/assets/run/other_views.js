// The bag, the unsent records, and what is shown on a phone that has not joined a team.
import { bagOf } from "./bag.js";
import { dayAndTimeOf, isOverdue } from "./clock.js";
import { goodsOfHandOut } from "./counter_view.js";
import { h, link } from "./dom.js";
import { inWords } from "./quantities.js";
import { rescueView } from "./rescue.js";
import { stateWords } from "./stop_view.js";
import { t } from "./texts.js";
import { outcomeWords, problemWords } from "./wording.js";

export function bagView(stops) {
  const bag = bagOf(stops);
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("In the bag")),
    part(t("For the next stops"), bag, "ahead"),
    part(t("To bring back"), bag, "back"),
    bag.length ? null : h("p", { class: "notice" }, t("The bag is empty.")),
  );
}

function part(title, bag, which) {
  const lines = bag.filter((each) => each[which]);
  if (!lines.length) return null;
  return h(
    "section",
    {},
    h("h2", {}, title),
    h("ul", { class: "goods" }, lines.map((each) =>
      h("li", {}, h("span", { class: "name" }, each.name), h("span", { class: "words" }, inWords(each[which], each.line))),
    )),
  );
}

// Everything that the station has not confirmed yet.
export function unsentView(state, { sendNow, tryAgain }) {
  const { records, photos, zone, run } = state;
  const all = [...records, ...photos];
  if (!all.length) {
    return h(
      "div",
      {},
      h("h1", { tabindex: "-1" }, t("All is sent")),
      h("p", {}, t("The station has confirmed every record of this phone.")),
      about(state),
    );
  }
  const place = h("div");
  const show = h(
    "button",
    {
      type: "button",
      class: "quiet wide-button",
      onclick: async () => {
        place.className = "rescue"; // at once, so that a change in the background keeps it
        place.replaceChildren(...(await rescueView(state.records, state.phone)));
      },
    },
    t("Show as codes and text"),
  );
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("%(count)s unsent", { count: all.length })),
    h("p", {}, t("They are kept on this phone until the station confirms them.")),
    h("button", { type: "button", class: "wide-button", onclick: sendNow }, t("Send now")),
    h("ul", { class: "unsent" }, records.map((record) => item(record, zone, titleOf(record, run), tryAgain, "records"))),
    photos.length
      ? h("ul", { class: "unsent" }, photos.map((photo) => item(photo, zone, stopTitle(photo.number, t("Photo")), tryAgain, "photos")))
      : null,
    records.length ? h("section", {}, h("h2", {}, t("No network for long?")), show, place) : null,
    about(state),
  );
}

const stopTitle = (number, what) => `${t("Stop %(number)s", { number })} · ${what}`;

function titleOf({ shown }, run) {
  if (!shown.counter) return stopTitle(shown.number, outcomeWords(shown));
  return `${t("Counter")} · ${goodsOfHandOut(shown.lines, run?.answer.counter)}`;
}

function item(record, zone, title, tryAgain, kind) {
  const again = h("button", { type: "button", class: "quiet", onclick: () => tryAgain(kind, record.key) }, t("Try again"));
  return h(
    "li",
    {},
    h("strong", {}, title),
    h("span", { class: isOverdue(record.made_at) ? "late" : "note" }, dayAndTimeOf(record.made_at, zone), " · ", stateWords(record)),
    record.problem ? h("span", {}, problemWords(record.problem), " ", h("span", { lang: "en" }, record.problem.detail)) : null,
    record.problem ? again : null,
  );
}

function about({ version, fetchedAt, zone, isPersistent }) {
  const facts = [t("Version %(version)s", { version })];
  if (fetchedAt) facts.push(t("run fetched %(when)s", { when: dayAndTimeOf(fetchedAt, zone) }));
  if (isPersistent === false) facts.push(t("the browser may delete what this phone keeps: send soon"));
  return h("p", { class: "note" }, facts.join(" · "));
}

export function joinView(unsent) {
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("This phone has not joined a team")),
    h("p", {}, t("Scan the code of the run sheet with the camera, or open the link that the station sent.")),
    unsent ? h("p", { class: "warning" }, link("unsent", {}, t("%(count)s unsent records are kept on this phone.", { count: unsent }))) : null,
  );
}

export function emptyView(team) {
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("No delivery is out")),
    h("p", {}, t("A delivery of team %(team)s appears here when the station sends it out.", { team })),
  );
}
