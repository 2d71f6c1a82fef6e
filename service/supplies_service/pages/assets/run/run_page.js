// The page of a delivery team: it shows what the phone keeps, records outcomes, and has them sent.
import { difference, isOverdue, now, timeOf } from "./clock.js";
import { counterView, goodsOfHandOut, nameOf, waitingHandOuts } from "./counter_view.js";
import { h, link } from "./dom.js";
import { draftOf, dropDraft, forgetDrafts, keepDraft, keepDraftPhoto, loadDrafts, placeOf } from "./run_drafts.js";
import { forgetEnded, keepEnded } from "./ended_runs.js";
import { listView } from "./list_view.js";
import { bagView, emptyView, endedView, joinView, unsentView } from "./other_views.js";
import { HOLD, canUndo, counterPlace, countUnsent, handOutsOf, isAnyWaiting, makeHandOut, makePhoto, makeRecord, stopsOf, waitingOf } from "./records.js";
import { onPass, send } from "./sender.js";
import { fetchJson, isOffline, isProblem, onReach } from "./service.js";
import { formHash, missingStop, stopView } from "./stop_view.js";
import * as store from "./store.js";
import { chooseLanguage, htmlLanguage, language, t } from "./texts.js";
import { updateNow, watchForUpdates } from "./updates.js";
import { outcomeWords } from "./wording.js";

const REFRESH = 60_000; // milliseconds between looking for changes, while the page is visible
const TOAST = 4_000;
const CLICK_WAIT = 400; // milliseconds in which a click follows the end of a press
const VERSION = document.documentElement.dataset.version;
const NOT_INSTALLED_NOTE = "install-note"; // in localStorage: the hint was put away

const main = document.getElementById("main");
const notes = document.getElementById("notes");
const hints = document.getElementById("hints");
const toast = document.getElementById("toast");

// `run` is what was kept of the service's answer; `empty` is the team's name while no delivery is out; `ended` is the
// station that ended the access of this phone.
const state = { run: undefined, records: [], photos: [], sent: [], phone: "", ended: undefined, zone: undefined, version: VERSION };
let problem = ""; // why the page cannot keep anything, for example because the phone is full
let hasUpdate = false;
let installer = null; // the browser's offer to install the page
let station; // whose run was read since the page was opened
let isAnswered = false; // whether the service was reached since the page was opened
let isPressed = false; // whether a finger or button is down, or its click is still to come
let isRedrawDue = false; // whether something changed meanwhile

// --- reading and showing ----------------------------------------------------------------------

async function load(names = ["run", "queue"]) {
  if (names.includes("run")) {
    state.run = await store.readRun();
    Object.assign(state, await store.readPhone());
    if (!state.run) forgetDrafts();
  }
  Object.assign(state, await store.readQueue());
  state.zone = (state.run?.answer ?? state.ended)?.zone;
  state.fetchedAt = state.run?.fetched_at;
}

// `keepForm` is for changes in the background. They wait for the end of a press, and leave an open form as it is.
function show({ keepForm = false } = {}) {
  if (!keepForm && !toast.children.length) document.body.classList.remove("told");
  document.documentElement.lang = htmlLanguage();
  const unsent = countUnsent(state);
  document.title = unsent ? t("(%(count)s unsent) Run", { count: unsent }) : t("Run");
  isRedrawDue = keepForm && isPressed;
  if (isRedrawDue) return;
  drawBar(unsent);
  replace(notes, h("div", {}, ...notices()));
  replace(hints, h("div", {}, installNote()));
  if (keepForm && main.querySelector(".outcome") && !isUntouchedCounter()) {
    // A revoked phone may save what is typed, but shows no names.
    if (!state.run) {
      for (const names of main.querySelectorAll(".who, optgroup")) names.remove();
      if (state.ended) notes.firstElementChild.append(h("p", { class: "notice" }, t("This phone's access has ended")));
    } else showWaiting();
    return;
  }
  const codes = keepForm && unsent ? main.querySelector(".rescue") : null;
  const next = view();
  if (codes) next.querySelector(".no-codes")?.replaceWith(codes.cloneNode(true));
  if (replace(main, next) && codes) main.querySelector(".rescue")?.replaceWith(codes); // a copy has no pictures
}

// Return whether the form of the counter is open and nothing was typed. Its goods may have changed, or there are stops.
function isUntouchedCounter() {
  const counter = state.run?.answer.counter;
  return counter && main.querySelector(".counter") && !draftOf(counterPlace(counter));
}

const waitingPart = () =>
  h("div", { class: "waiting" }, waitingHandOuts(waitingOf(state), state.run.answer.counter, stopsOf(state), state.zone));

// The hand-outs about which the station decides are not part of the form above them.
function showWaiting() {
  const shown = main.querySelector(".waiting");
  const next = waitingPart();
  if (shown && !shown.isEqualNode(next)) shown.replaceWith(next);
}

// Show an element, unless it is shown already: a tap on something that is replaced would be lost. Return whether it was
// not shown already.
function replace(place, element) {
  const shown = place.children.length === 1 ? place.firstElementChild : null;
  if (shown?.isEqualNode(element)) return false;
  place.replaceChildren(element);
  return true;
}

// A click goes to nobody if its button was replaced between press and release.
function watchPresses() {
  let timer;
  const release = () => {
    isPressed = false;
    if (isRedrawDue) show({ keepForm: true });
  };
  const releaseIn = (milliseconds) => () => {
    clearTimeout(timer);
    timer = setTimeout(release, milliseconds);
  };
  const press = () => {
    clearTimeout(timer);
    isPressed = true;
  };
  window.addEventListener("pointerdown", press, true);
  window.addEventListener("pointerup", releaseIn(CLICK_WAIT), true);
  window.addEventListener("pointercancel", releaseIn(0), true);
  window.addEventListener("click", releaseIn(0), true);
}

function view() {
  const [place, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (place === "unsent") return unsentView(state, { sendNow, tryAgain, undo: takeBack });
  if (!state.run) return firstView();
  const stops = stopsOf(state);
  const { counter, team } = state.run.answer;
  if (place === "bag") return bagView(stops);
  if (hasCounter() && (place === "counter" || (place === "" && !stops.length))) {
    const page = counter ? counterView(counter, stops, handOutsOf(state), saveHandOut, waitingPart) : waitingPart();
    return h("div", {}, place === "" ? endedView() : null, page);
  }
  if (place !== "stop") return stops.length ? listView(stops) : emptyView(team.name);
  const stop = stops.find((each) => each.delivery === rest[0] && each.allocation === rest[1]);
  return stop ? stopView(stop, state.zone, rest[2], save, takeBack) : missingStop();
}

const hasCounter = () => state.run?.answer.counter || waitingOf(state).length;

function firstView() {
  if (state.empty) return emptyView(state.empty);
  if (state.ended || isAnswered) return joinView(state.ended, countUnsent(state));
  return h("div", {}, h("h1", { tabindex: "-1" }, t("Delivery run")), h("p", {}, t("Fetching the run. This needs the network once.")));
}

function drawBar(unsent) {
  const place = location.hash.split("/")[1] ?? "";
  // The address `#/` may show the counter. A tap on a link to the present address changes no address.
  const open = (hash) => () => {
    if (location.hash === `#/${hash}`) show();
  };
  const entry = (hash, title, extra) =>
    link(hash, { "aria-current": hash === place || (hash === "" && place === "stop") ? "page" : null, class: extra, onclick: open(hash) }, title);
  const entries = [
    entry("", t("Stops")),
    state.run ? entry("bag", t("Bag")) : null,
    hasCounter() ? entry("counter", t("Counter")) : null,
    entry("unsent", unsent ? t("Unsent: %(count)s", { count: unsent }) : t("All sent"), unsent ? "late" : null),
  ];
  replace(document.getElementById("bar"), h("div", {}, ...entries.filter(Boolean)));
  document.getElementById("network").textContent = isOffline() ? t("No connection") : "";
  const other = language() === "zh" ? "en" : "zh";
  document.getElementById("team").textContent = (state.run?.answer.team.name ?? state.empty) || t("Delivery run");
  // By this number, the station lists the phone. A run that an older version kept does not have it.
  const number = state.run?.answer.phone_number ?? state.number;
  document.getElementById("phone").textContent = number ? t("Phone #%(number)s", { number }) : "";
  const button = document.getElementById("language");
  button.textContent = other === "zh" ? "中文" : "English";
  button.lang = other === "zh" ? "zh-Hans" : "en";
}

function notices() {
  const oldest = [...state.records, ...state.photos].find((one) => isOverdue(one.made_at));
  return [
    problem ? h("p", { class: "alert", role: "alert" }, problem) : null,
    hasUpdate ? updateNote() : null,
    oldest
      ? h("p", { class: "warning" }, overdueWords(), " ", link("unsent", {}, t("Show it")))
      : null,
    state.run?.clock
      ? h("p", { class: "note" }, t("This phone's clock differs from the station's, which shows %(time)s. The station corrects the times.", { time: timeOf(new Date(Date.now() - state.run.clock), state.zone) }))
      : null,
  ];
}

const overdueWords = () =>
  state.ended
    ? t("Something is unsent for more than 12 hours. Let the station scan it.")
    : t("Something is unsent for more than 12 hours. Find a network, or let the station scan it.");

function updateNote() {
  return h(
    "div",
    { class: "notice" },
    h("p", {}, t("A new version of this page is ready.")),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", onclick: updateNow }, t("Reload")),
      h("button", { type: "button", class: "quiet", onclick: () => { hasUpdate = false; show({ keepForm: true }); } }, t("Later")),
    ),
  );
}

function installNote() {
  const isInstalled = matchMedia("(display-mode: standalone)").matches;
  const isList = !location.hash.replace(/^#\/?/, "");
  if (isInstalled || !isList || !state.run || localStorage.getItem(NOT_INSTALLED_NOTE)) return null;
  const away = () => {
    localStorage.setItem(NOT_INSTALLED_NOTE, "away");
    show({ keepForm: true });
  };
  const install = async () => {
    await installer.prompt();
    installer = null;
    away();
  };
  return h(
    "div",
    { class: "box install" },
    h("p", {}, t("Put this page on the home screen, so that it opens without a network. In the browser's menu: Add to home screen.")),
    h(
      "div",
      { class: "actions" },
      installer ? h("button", { type: "button", onclick: install }, t("Install")) : null,
      h("button", { type: "button", class: "quiet", onclick: away }, t("Got it")),
    ),
  );
}

let toastTimer;

function tell(text, undo) {
  clearTimeout(toastTimer);
  toast.replaceChildren(
    h("span", {}, text),
    undo ? h("button", { type: "button", class: "quiet", onclick: undo }, t("Undo")) : "",
  );
  document.body.classList.add("told"); // the room stays until the next view, so that nothing moves under a finger
  toastTimer = setTimeout(() => toast.replaceChildren(), undo ? HOLD : TOAST);
}

const isUndoOffered = () => toast.querySelector("button") !== null;

// --- recording --------------------------------------------------------------------------------

// Keep an outcome, and then its photo. Return what went wrong in words, or null.
//   chosen: null, or a promise of the photo
async function save(stop, report, chosen) {
  const { lines: _, ...fields } = report;
  const record = makeRecord(stop, report, draftOf(stop)?.typed ?? fields);
  const failure = await keepRecord(record, stop.own?.key ?? null, stop);
  if (failure) return failure;
  const photo = await chosen;
  problem = chosen ? await keepPhoto(stop, record, photo) : "";
  const words = t("Stop %(number)s is saved: %(outcome)s", { number: stop.number, outcome: outcomeWords(report) });
  await saved(words, record, "");
  return null;
}

// Keep a hand-out at the counter. Return what went wrong in words, or null.
async function saveHandOut(counter, report) {
  const place = counterPlace(counter);
  const record = makeHandOut(counter, report, draftOf(place)?.typed);
  const failure = await keepRecord(record, null, place);
  if (failure) return failure;
  problem = "";
  const name = nameOf(report.recipient, counter, stopsOf(state));
  const words = t("Saved for %(name)s: %(goods)s", { name, goods: goodsOfHandOut(report.lines, counter.goods) });
  await saved(words, record, "counter");
  return null;
}

async function keepRecord(record, seen, place) {
  try {
    await store.saveRecord(record, seen, placeOf(place));
  } catch (error) {
    if (error instanceof store.AlreadyRecorded) return t("This stop was recorded in another window. Go back and look at it.");
    if (error.name === "QuotaExceededError") return t("Nothing was saved: the phone is full. Delete photos or videos, then save again.");
    return t("Nothing was saved: %(error)s", { error: error.message });
  }
  dropDraft(place);
  return null;
}

// Show that a record was saved, and have it sent.
//   next: the place to show now
async function saved(words, record, next) {
  history.replaceState(null, "", `#/${next}`); // Back does not lead to the form again
  await load(["queue"]);
  show();
  focusHeading();
  window.scrollTo(0, 0);
  tell(words, canUndo(state, record) ? () => takeBack(record) : null);
  askToPersist();
  send();
}

// A photo that cannot be kept does not undo the outcome. Return what went wrong in words, or "".
async function keepPhoto(stop, record, photo) {
  if (!photo) return t("The outcome is saved. The photo is not: the browser cannot read it.");
  try {
    await store.savePhoto(makePhoto(stop, record, photo));
    return "";
  } catch {
    return t("The outcome is saved. The photo is not: the phone is full.");
  }
}

// Undo a record, and show what was typed again.
async function takeBack(record) {
  if (!canUndo(state, record)) return tell(resultWords(countUnsent(state)));
  const { key, delivery, allocation, shown, typed = {} } = record;
  const photo = state.photos.find((one) => one.record === key);
  const done = await store.undo(key);
  tell(done ? t("Undone. Nothing was sent.") : t("It is too late: the record was sent. Report something else."));
  if (!done) return;
  const place = shown.counter ? counterPlace({ location: shown.counter }) : { delivery, allocation };
  if (!draftOf(place)) {
    keepDraft(place, shown.outcome ?? "", typed);
    if (photo) keepDraftPhoto(place, { type: photo.type, content: photo.content });
  }
  const back = shown.counter ? "counter" : formHash(place);
  await load(["queue"]);
  if (location.hash === `#/${back}`) show();
  else location.hash = `#/${back}`;
}

async function askToPersist() {
  state.isPersistent = await navigator.storage?.persist?.();
}

async function sendNow() {
  tell(t("Sending …"));
  await send({ hurry: true });
  await load();
  if (!isUndoOffered()) tell(resultWords(countUnsent(state))); // something was saved meanwhile
}

function resultWords(count) {
  if (!count) return t("All is sent");
  if (state.ended) return t("Not sent: %(count)s. This phone's access has ended.", { count });
  if (!isAnyWaiting(state)) return t("Not sent: %(count)s. The station did not accept it.", { count });
  return t("Not sent yet: %(count)s. The phone goes on trying.", { count });
}

async function tryAgain(kind, key) {
  await store.update(kind, key, { state: "waiting", problem: null });
  await sendNow();
}

// --- the service ------------------------------------------------------------------------------

let choosing = Promise.resolve();

const rememberLanguage = () =>
  fetch("/language", { method: "POST", body: new URLSearchParams({ language: language(), next: "/run" }) }).catch(() => {});

async function refresh(isLast = false) {
  const askedAt = now();
  const headers = { "Accept-Language": language() };
  if (state.run?.etag) headers["If-None-Match"] = state.run.etag;
  const { status, body, etag } = await fetchJson("/api/run", { headers });
  const answer = status === 304 ? state.run?.answer : body;
  if (!isLast && answer?.language && answer.language !== language()) {
    // The station was not told of the last choice, for example because the page was left at once.
    await rememberLanguage();
    return refresh(true);
  }
  if (status === 304) await store.keepRun(null, askedAt);
  else if (status === 200 && Array.isArray(body?.runs)) await receive(body, etag, askedAt);
  else if (status === 401 && isProblem(status, body)) await signedOut();
  else return;
  isAnswered = true;
  show({ keepForm: true });
}

async function receive(answer, etag, askedAt) {
  station = answer.station;
  const isOut = answer.runs.length || answer.counter || answer.waiting_hand_outs.length;
  state.empty = isOut ? "" : answer.team.name;
  const { records, photos } = await store.readQueue();
  keepEnded(state, answer);
  if (isOut || records.length || photos.length) {
    const clock = difference(answer.now, askedAt);
    await store.keepRun({ answer, etag, clock, fetched_at: now() }, askedAt);
  } else if (state.run || state.sent.length || state.ended) {
    await store.wipeAll();
    await load();
  }
}

async function signedOut() {
  state.empty = "";
  const ended = state.run?.answer.station ?? station;
  const isUntouched = isUntouchedCounter();
  forgetEnded();
  if (ended) await store.wipeNames(ended);
  if (!isUntouched) return;
  await load();
  show();
}

async function reportStatus() {
  const waiting = [...state.records, ...state.photos];
  const oldest = waiting.map((one) => one.made_at).sort()[0] ?? null;
  await fetchJson("/api/run/status", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Sent-At": now() },
    body: JSON.stringify({ unsent: countUnsent(state), oldest_unsent_at: oldest, version: VERSION }),
  });
}

// --- starting ---------------------------------------------------------------------------------

async function changed(names) {
  await load(names);
  show({ keepForm: true });
}

const focusHeading = () => main.querySelector("h1")?.focus();

// The address of a slip, /run/DELIVERY/ALLOCATION, opens its stop.
function openSlip() {
  const [, , delivery, allocation] = location.pathname.split("/");
  if (delivery && allocation) history.replaceState(null, "", `/run#/stop/${delivery}/${allocation}`);
}

async function start() {
  openSlip();
  watchPresses();
  if (!window.isSecureContext || !navigator.locks) {
    problem = t("This page needs a secure address (https). Ask the station.");
  }
  show();
  try {
    await load();
    await loadDrafts();
  } catch (error) {
    problem = error.name === "VersionError"
      ? t("This window is older than what the phone keeps. Close all windows of this page and open it again.")
      : t("The browser does not let this page keep anything: %(error)s", { error: error.message });
  }
  show();
  store.onChange(changed);
  onPass(async ({ state: result, handled }) => {
    if (handled || result === "signed-out") await refresh();
    if (result === "done") await reportStatus();
  });
  const wake = async () => {
    if (document.visibilityState === "hidden") return;
    await send();
    await refresh();
  };
  window.addEventListener("hashchange", () => {
    show();
    focusHeading();
  });
  onReach(() => show({ keepForm: true }));
  window.addEventListener("online", wake);
  window.addEventListener("offline", wake);
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installer = event;
    show({ keepForm: true });
  });
  document.getElementById("language").addEventListener("click", () => {
    chooseLanguage(language() === "zh" ? "en" : "zh");
    show();
    // One after the other, so that the station remembers the last choice and answers in it.
    choosing = choosing.catch(() => {}).then(rememberLanguage).then(() => refresh());
  });
  setInterval(wake, REFRESH);
  if (!state.run && !state.ended) await refresh(); // a phone that just joined shows its run first
  // The service worker fetches all files once more. On a slow network, it does so after the run.
  watchForUpdates(() => {
    hasUpdate = true;
    show({ keepForm: true });
  }).catch(() => {});
  await wake();
  document.documentElement.dataset.ready = "yes";
}

start();
