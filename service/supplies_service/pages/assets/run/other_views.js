// The bag, the unsent records, and what is shown on a phone that has not joined a team.
import { bagOf, joinBags } from "./bag.js";
import { dayAndTimeOf, isOverdue } from "./clock.js";
import { goodsOfHandOut } from "./counter_view.js";
import { callLink, h, link } from "./dom.js";
import { endedNote, endedRuns } from "./ended_runs.js";
import { inWords } from "./quantities.js";
import { canUndo, countUnsent, isAnyWaiting } from "./records.js";
import { rescueView } from "./rescue.js";
import { isOffline } from "./service.js";
import { t } from "./texts.js";
import { outcomeWords, problemWords, proofWords, stateWords } from "./wording.js";

export function bagView(stops) {
  const bag = joinBags(bagOf(stops), bagOfEnded());
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("In the bag")),
    endedNote(),
    part(t("For the next stops"), bag, "ahead"),
    part(t("To bring back"), bag, "back"),
    bag.length ? null : h("p", { class: "notice" }, t("The bag is empty.")),
  );
}

const bagOfEnded = () => endedRuns().reduce((bag, { goods }) => joinBags(bag, goods), []);

// Return what shows that a delivery has ended, and what is to be brought back of it, or null.
export function endedView() {
  const note = endedNote();
  return note ? h("div", {}, note, part(t("To bring back"), bagOfEnded(), "back")) : null;
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
export function unsentView(state, { sendNow, tryAgain, undo }) {
  const { records, photos, zone, run, ended } = state;
  const count = countUnsent(state);
  if (!count) {
    return h(
      "div",
      {},
      h("h1", { tabindex: "-1" }, t("All is sent")),
      h("p", {}, t("The station has confirmed every record of this phone.")),
      isOffline() && !ended ? h("p", {}, t("There is no connection now. New records are kept on this phone, and sent by themselves.")) : null,
      about(state),
    );
  }
  // A photo is shown with its outcome, unless it is all that is left, or was refused.
  const apart = photos.filter((photo) => photo.problem || !records.some(({ key }) => key === photo.record));
  const withPhoto = (record) => photos.some((photo) => photo.record === record.key && !apart.includes(photo));
  const again = ended ? null : tryAgain;
  const show = h(
    "button",
    {
      type: "button",
      class: "quiet wide-button",
      onclick: async () => {
        const place = show.nextElementSibling;
        place.className = "rescue"; // at once, so that a change in the background keeps it
        place.replaceChildren(...(await rescueView(state.phone)));
      },
    },
    t("Show as codes and text"),
  );
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, ended ? t("%(count)s not sent from this phone", { count }) : t("%(count)s unsent", { count })),
    h("p", { class: ended || isOffline() ? "warning" : null }, fateOf(ended, isAnyWaiting(state))),
    ended ? null : h("button", { type: "button", class: "wide-button", onclick: sendNow }, t("Send now")),
    h(
      "ul",
      { class: "unsent" },
      records.map((record) => item(record, zone, titleOf(record, run, withPhoto(record)), again, "records", canUndo(state, record) ? undo : null)),
      apart.map((photo) => item(photo, zone, stopTitle(photo.number, t("Photo")), again, "photos", null)),
    ),
    records.length ? h("section", {}, h("h2", {}, ended ? t("Hand over to the station") : t("No network for long?")), show, h("div", { class: "no-codes" })) : null,
    about(state),
  );
}

const stopTitle = (number, what) => `${t("Stop %(number)s", { number })} · ${what}`;

function fateOf(ended, isAnyToSend) {
  if (ended) return t("This phone's access has ended: it can no longer send. What is unsent is kept here. Let the station scan it, or send the station the text. If the station has taken it in, join again: this phone learns it only then.");
  if (isOffline() && isAnyToSend) return t("No connection to the station. What is unsent is kept on this phone and goes by itself: the phone tries again every minute.");
  return t("Kept on this phone until the station confirms it.");
}

function titleOf({ shown }, run, hasPhoto) {
  if (!shown.counter) return stopTitle(shown.number, [outcomeWords(shown), ...proofWords(shown), hasPhoto ? t("Photo") : ""].filter(Boolean).join(" · "));
  const known = [...(run?.answer.counter?.goods ?? []), ...(shown.goods ?? [])];
  return `${t("Counter")} · ${goodsOfHandOut(shown.lines, known)}`;
}

//   undo: takes the record back, or null if that is not possible
function item(record, zone, title, tryAgain, kind, undo) {
  return h(
    "li",
    {},
    h("strong", {}, title),
    h("span", { class: isOverdue(record.made_at) ? "late" : "note" }, dayAndTimeOf(record.made_at, zone), " · ", tryAgain ? stateWords(record) : t("Kept on this phone")),
    record.problem ? h("span", {}, problemWords(record.problem)) : null,
    kind === "records" && record.state === "waiting" && record.tried_at && tryAgain
      ? h("span", { class: "note" }, t("It cannot be undone any more: the station may have it."))
      : null,
    undo ? h("button", { type: "button", class: "quiet", onclick: () => undo(record) }, t("Undo")) : null,
    record.problem && tryAgain ? h("button", { type: "button", class: "quiet", onclick: () => tryAgain(kind, record.key) }, t("Try again")) : null,
  );
}

function about(state) {
  const { version, fetchedAt, zone, isPersistent } = state;
  const facts = [t("Version %(version)s", { version })];
  if (fetchedAt) facts.push(t("run fetched %(when)s", { when: dayAndTimeOf(fetchedAt, zone) }));
  if (isPersistent === false && countUnsent(state)) facts.push(t("the browser may delete what this phone keeps: send soon"));
  return h("p", { class: "note" }, facts.join(" · "));
}

// What a phone shows that cannot read the run.
//   ended: the station that ended the phone's access, or undefined if the phone has not joined a team
export function joinView(ended, unsent) {
  const kept = unsent === 1 ? t("1 unsent record is still on this phone.") : t("%(count)s unsent records are still on this phone.", { count: unsent });
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, ended ? t("This phone's access has ended") : t("This phone has not joined a team")),
    ended ? h("p", {}, t("The station ended it, or the phone joined more than 30 days ago. It shows no more stops, and cannot send.")) : null,
    ended?.erased ? h("p", {}, t("What was typed and not saved was erased.")) : null,
    unsent ? h("p", { class: "warning" }, kept) : null,
    unsent ? link("unsent", { class: "button wide-button" }, ended ? t("Hand over to the station") : t("Show what is unsent")) : null,
    h("p", {}, ended ? t("To go on, join again with a new link or run sheet of the station. Unsent records are then sent by themselves.") : t("Scan the code of the run sheet with the camera, or open the link that the station sent.")),
    ended?.telephone ? callLink(ended.telephone, t("Call the station: %(number)s", { number: ended.telephone })) : null,
  );
}

export function emptyView(team) {
  return h(
    "div",
    {},
    h("h1", { tabindex: "-1" }, t("No delivery is out")),
    endedView(),
    h("p", {}, t("A delivery of team %(team)s appears here when the station sends it out.", { team })),
  );
}
