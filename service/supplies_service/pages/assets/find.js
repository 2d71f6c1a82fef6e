// Fields that find a record as somebody types. The server renders the list of what is found.
import Combobox from "./combobox-nav.js";

const WAIT = 120; // milliseconds after the last key

export function findAsTyped(root) {
  for (const input of root.querySelectorAll("input[data-find]")) {
    if (!input.closest("template") && !input.dataset.ready) attach(input);
  }
}

function attach(input) {
  input.dataset.ready = "yes";
  input.removeAttribute("list");
  const list = document.createElement("ul");
  list.className = "found";
  list.id = `${input.id}-found`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent.trim());
  list.hidden = true;
  input.after(list);
  const combobox = new Combobox(input, list, { firstOptionSelectionMode: "active" });
  let timer, asked = 0;

  const close = () => {
    if (list.hidden) return;
    list.hidden = true;
    combobox.stop();
  };
  const ask = async () => {
    const turn = ++asked;
    const text = input.value.trim();
    if (!text) return close();
    const answer = await fetch(`${input.dataset.find}?q=${encodeURIComponent(text)}`);
    if (turn !== asked || !answer.ok || answer.redirected || document.activeElement !== input) return;
    const options = await answer.text();
    if (list.matches(":active")) return; // an option is being pressed
    list.innerHTML = options;
    for (const [at, option] of [...list.children].entries()) option.id = `${list.id}-${at}`;
    const there = list.children.length > 0;
    if (there && list.hidden) {
      list.hidden = false;
      combobox.start();
    } else if (there) {
      combobox.resetSelection();
    } else close();
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("blur", () => {
    asked++;
    close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  // A click takes the focus only after the option was chosen.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("combobox-commit", (event) => {
    const option = event.target.closest("[role=option]");
    input.value = option.dataset.label;
    close();
    asked++;
    if (option.dataset.packs) offerPacks(input, JSON.parse(option.dataset.packs));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// Fill the choices of packs and of lots beside an item.
export function offerPacks(input, packs) {
  const line = input.closest("[data-line]");
  const select = line?.querySelector("select[data-packs]");
  if (select) offer(select, packs.map(([value, title]) => new Option(title, value)));
  const lots = line?.querySelector("select[data-lots]");
  if (lots) offerLots(lots, input.value);
}

async function offerLots(select, item) {
  const answer = await fetch(`/find/lots?q=${encodeURIComponent(item)}`);
  if (!answer.ok || answer.redirected) return;
  const list = document.createElement("select");
  list.innerHTML = await answer.text();
  offer(select, [select.options[0], ...list.options]);
}

function offer(select, options) {
  const before = select.value;
  select.replaceChildren(...options);
  select.value = options.some(({ value }) => value === before) ? before : "";
}
