// The counter of a team: goods handed out without an allocation, to a group or to a household of the run.
import { dayAndTimeOf, dayOf } from "./clock.js";
import { h } from "./dom.js";
import { draftOf, dropDraft, keepDraft } from "./run_drafts.js";
import { field, newId, stepper } from "./fields.js";
import { inWords } from "./quantities.js";
import { counterPlace } from "./records.js";
import { t } from "./texts.js";

const MOST = 1_000_000_000;

// Return the goods of a counter, less what this phone handed out since the run was fetched.
function goodsLeft(counter, handOuts) {
  const taken = new Map();
  for (const { shown } of handOuts) {
    if (shown.counter !== counter.location) continue;
    for (const { item, quantity } of shown.lines) taken.set(item, (taken.get(item) ?? 0) + quantity);
  }
  return counter.goods.map((goods) => ({ ...goods, left: goods.quantity - (taken.get(goods.item) ?? 0) }));
}

// Return the goods of a hand-out in words.
//   known: goods with their names and units. Other goods are counted: an older version kept a hand-out without names
export function goodsOfHandOut(lines, known) {
  const words = ({ item, quantity }) => {
    const goods = known.find((each) => each.item === item);
    return goods ? `${goods.name} ${inWords(quantity, goods)}` : String(quantity);
  };
  return lines.map(words).join(t(", "));
}

// Return the page of the counter.
//   handOuts: the hand-outs of this phone that are not part of the run yet
//   save(counter, report): records what was entered, and returns what went wrong or null
//   waiting(): returns what shows the hand-outs about which the station decides
export function counterView(counter, stops, handOuts, save, waiting) {
  const place = counterPlace(counter);
  const typed = draftOf(place)?.typed ?? {};
  const goods = goodsLeft(counter, handOuts);
  const whom = recipientField(counter, stops, typed.recipient);
  const sizeOf = () => counter.groups.find(({ code }) => code === whom.value())?.persons ?? "";
  const people = peopleField(typed.headcount ?? sizeOf());
  const lines = goods.map((each) => goodsField(each, typed.amounts?.[each.item]));
  const note = field(t("Note"), { type: "text", maxlength: 2000, value: typed.note });
  const failure = h("p", { class: "alert", role: "alert", hidden: true });
  const button = h("button", { type: "button", class: "save" }, t("Save"));
  const isGroup = () => counter.groups.some(({ code }) => code === whom.value());
  const fail = (words) => {
    failure.hidden = !words;
    failure.textContent = words ?? "";
    if (words) failure.scrollIntoView({ block: "center" });
  };
  const form = h(
    "div",
    { class: "outcome" },
    whom.element,
    people.element,
    lines.map((line) => line.element),
    note.element,
  );
  // The known size of a group is proposed when the group is chosen.
  whom.element.addEventListener("change", () => people.set(sizeOf()));
  const changed = () => {
    people.element.hidden = !isGroup();
    // An item that is not listed now may be listed again.
    const amounts = { ...typed.amounts, ...Object.fromEntries(lines.map((line) => [line.item, line.typed()])) };
    keepDraft(place, "", { recipient: whom.value(), headcount: people.value(), amounts, note: note.value() });
  };
  for (const event of ["input", "change", "click"]) form.addEventListener(event, changed);
  people.element.hidden = !isGroup();
  button.addEventListener("click", async () => {
    if (!people.isValid() || lines.some((line) => !line.isValid())) return fail(t("Enter whole numbers."));
    const given = lines.filter((line) => line.amount()).map((line) => ({ item: line.item, quantity: line.amount() }));
    if (!whom.value() || !given.length) return fail(t("Choose for whom, and how much of what."));
    button.disabled = true;
    const headcount = isGroup() ? people.amount() || null : null;
    fail(await save(counter, { recipient: whom.value(), lines: given, headcount, note: note.value() }));
    button.disabled = false;
  });
  const clear = h("button", { type: "button", class: "quiet", onclick: () => {
    dropDraft(place);
    page.replaceWith(counterView(counter, stops, handOuts, save, waiting));
  } }, t("Clear"));
  const page = h(
    "div",
    { class: "counter" },
    h("h1", { tabindex: "-1" }, t("Counter: %(name)s", counter)),
    goods.some(({ quantity }) => quantity) ? null : h("p", { class: "notice" }, t("The books have no free goods here.")),
    form,
    failure,
    h("div", { class: "actions sticky" }, button, clear),
    waiting(),
  );
  return page;
}

// Return the name of a group, or of a household of the run.
export function nameOf(code, counter, stops) {
  const known = [...(counter?.groups ?? []), ...stops.map(({ recipient }) => recipient)];
  return known.find((each) => each.code === code)?.name ?? code;
}

// Return what shows both sides of the hand-outs about which the station decides.
export function waitingHandOuts(waiting, counter, stops, zone) {
  if (!waiting.length) return null;
  return h(
    "section",
    { class: "warning" },
    h("h2", {}, t("The books say otherwise. The station decides.")),
    waiting.map(({ recipient, happened_on, happened_at, goods, phone, because }) =>
      h(
        "div",
        { class: "sides" },
        h(
          "div",
          {},
          h("h3", {}, t("As reported")),
          h("p", {}, goods.map(({ name, words }) => `${name} ${words}`).join(t(", "))),
          h("p", { class: "note" }, [nameOf(recipient, counter, stops), happened_at ? dayAndTimeOf(happened_at, zone) : dayOf(happened_on), phone].filter(Boolean).join(" · ")),
        ),
        h("div", {}, h("h3", {}, t("In the books")), h("p", {}, because)),
      ),
    ),
  );
}

function recipientField(counter, stops, chosen) {
  const id = newId("whom");
  const households = new Map(stops.map(({ recipient }) => [recipient.code, recipient.name ?? recipient.code]));
  const group = ({ code, name }) => option(code, name ?? code, chosen);
  const select = h(
    "select",
    { id },
    option("", "–", chosen),
    counter.groups.length ? h("optgroup", { label: t("Groups") }, counter.groups.map(group)) : null,
    households.size
      ? h("optgroup", { label: t("Households of the run") }, [...households].map(([code, name]) => option(code, name, chosen)))
      : null,
  );
  return {
    element: h("p", { class: "field" }, h("label", { for: id }, t("For whom?")), select),
    value: () => select.value,
  };
}

const option = (value, title, chosen) => h("option", { value, selected: value === chosen }, title);

function peopleField(headcount) {
  const name = t("People"); // texts are found in calls that are not inside other calls
  const field = stepper({
    title: t("How many people, if known"), value: headcount, most: MOST, fallback: 0, mayBeEmpty: true, changed: () => {},
    less: t("One less: %(name)s", { name }), more: t("One more: %(name)s", { name }),
  });
  return {
    element: h("div", { class: "field" }, field.label, field.element),
    amount: field.amount,
    isValid: field.isValid,
    value: () => field.input.value,
    set: (size) => {
      field.input.value = size;
      field.show();
    },
  };
}

// Return a warning if more is handed out than the books have here, or "".
//   excess: how much more, with what this phone handed out before
function moreThanKnown(excess, amount, goods) {
  if (excess <= 0) return "";
  const quantity = inWords(excess, goods);
  return amount
    ? t("%(quantity)s more than the books have here. It can be saved; the station will decide about it.", { quantity })
    : t("%(quantity)s more handed out than the books had here. The station will decide about it.", { quantity });
}

// One item. More than the books have may be entered, because it may be true.
function goodsField(goods, typed) {
  const rest = h("output", { class: "late" });
  const left = Math.max(0, goods.left);
  const field = stepper({
    title: t("%(name)s, %(quantity)s left", { name: goods.name, quantity: inWords(left, goods) }),
    value: typed ?? 0, most: MOST, fallback: 0,
    less: t("One less: %(name)s", goods), more: t("One more: %(name)s", goods),
    changed: () => {
      rest.textContent = moreThanKnown(field.amount() - goods.left, field.amount(), goods);
    },
  });
  field.show();
  return {
    item: goods.item,
    element: h("div", { class: "partly" }, field.label, field.element, rest),
    amount: field.amount,
    isValid: field.isValid,
    typed: () => field.input.value,
  };
}
