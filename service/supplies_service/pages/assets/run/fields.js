// Fields of forms, large enough for a thumb.
import { h } from "./dom.js";

let count = 0;

// Return an id that no other element has.
export const newId = (name) => `${name}-${++count}`;

export function field(title, attributes) {
  const id = newId("field");
  const input = h("input", { id, ...attributes });
  return {
    input,
    element: h("p", { class: "field" }, h("label", { for: id }, title), input),
    value: () => input.value.trim(),
  };
}

// A field that takes no room before the button is pressed that opens it. Return `{ element, button, open(), mark() }`.
//   title: the words on the button
//   make(): returns the field's element when it is opened
//   isFilled(): whether something is in the field; the button then shows a mark
export function folded(title, make, isFilled) {
  const element = h("div", { class: "folded" });
  const open = () => {
    if (!element.children.length) element.append(make());
    element.scrollIntoView({ block: "center" });
    element.querySelector("input")?.focus({ preventScroll: true });
  };
  const button = h("button", { type: "button", class: "quiet", onclick: open }, title);
  return { element, button, open, mark: () => button.classList.toggle("done", isFilled()) };
}

// A choice of one, as buttons that a thumb can reach. A second tap takes the choice back.
export function chips(name, title, choices, chosen = "") {
  const group = newId(name);
  const inputs = Object.entries(choices).map(([value]) =>
    h("input", { type: "radio", name: group, id: `${group}-${value}`, value, checked: value === chosen }),
  );
  let last = chosen;
  for (const input of inputs) {
    input.addEventListener("click", () => {
      if (input.value === last) input.checked = false;
      last = input.checked ? input.value : "";
    });
  }
  return {
    element: h(
      "fieldset",
      { class: "chips" },
      h("legend", {}, title),
      inputs.map((input) => h("span", {}, input, h("label", { for: input.id }, choices[input.value]))),
    ),
    value: () => inputs.find((input) => input.checked)?.value ?? "",
  };
}

// A whole number from 0 to `most`, with a button for one less and one for one more.
//   fallback: the number from which the buttons start if the field has none
//   mayBeEmpty: whether the field may be left empty, which counts as 0
//   changed(): called after each change
export function stepper({ title, value, most, less, more, fallback, mayBeEmpty = false, changed }) {
  const id = newId("number");
  const input = h("input", { id, type: "number", inputmode: "numeric", min: 0, max: most, step: 1, value });
  const amount = () => Number(input.value);
  const isGiven = () => input.value !== "" || (mayBeEmpty && !input.validity.badInput);
  const isValid = () => isGiven() && Number.isInteger(amount()) && amount() >= 0 && amount() <= most;
  const show = () => {
    input.setAttribute("aria-invalid", String(!isValid()));
    changed();
  };
  const change = (by) => () => {
    input.value = Math.min(most, Math.max(0, (isValid() ? amount() : fallback) + by));
    show();
  };
  const step = (sign, by, words) => h("button", { type: "button", class: "step", "aria-label": words, onclick: change(by) }, sign);
  input.addEventListener("input", show);
  return {
    input,
    amount,
    isValid,
    show,
    label: h("label", { for: id }, title),
    element: h("div", { class: "stepper" }, step("−", -1, less), input, step("+", 1, more)),
  };
}
