// Scan mode: codes from a hand scanner fill in the lines of goods of a form. A scanner is a keyboard
// that types a code and then Enter. Each scan is one pack, or one unit.
import { findAsTyped, offerPacks } from "./find.js";
import { moveByEnter } from "./keys.js";

const SCANNED = /^(\][A-Za-z]\d|\(0[12]\)|0[12]\d{14}|https?:\/\/|(\d{8}|\d{12,14})$)/;
const SEPARATOR = "\u241d"; // stands for the control character GS between the parts of a GS1 code

export function scanLines(form) {
  for (const box of form.querySelectorAll("[data-scan]")) {
    if (!box.closest("template")) scanInto(form, box, box.closest("[data-lines], [data-counts]"));
  }
}

// Remove control characters. GS separates the batch from what follows it, so it is kept as a symbol.
function clean(text) {
  return text.replaceAll("\u001d", SEPARATOR).replace(/[\u0000-\u001f\u007f]/g, "").trim();
}

function scanInto(form, box, group) {
  const open = box.querySelector("[data-scan-open]");
  const place = box.querySelector("[data-scan-place]");
  const input = place.querySelector("input");
  const status = box.querySelector("[role=status]");
  let queue = Promise.resolve();
  let last = null;

  const start = () => {
    place.hidden = false;
    open.setAttribute("aria-expanded", "true");
    input.focus();
  };
  const scan = (code) => {
    queue = queue.then(() => look(code)).catch(() => (status.textContent = box.dataset.failed));
  };
  const look = async (code) => {
    const answer = await fetch(`/scan?${new URLSearchParams({ code })}`);
    if (!answer.ok || answer.redirected) throw new Error();
    const content = parse(await answer.text());
    const known = content.querySelector("[data-label]");
    const found = known ?? (await ask(content));
    if (found) (group.dataset.counts ? count : fill)(found);
    if (known) return;
    input.focus();
    input.select(); // after a dialog, the cursor is not in the field yet
  };
  const fill = (found) => {
    const { label, packs, pack, batch, expires } = found.dataset;
    const wanted = { item: label, pack, batch, expires_on: expires };
    const lines = [...group.querySelectorAll(":scope > [data-line]")];
    let line = lines.find((each) => Object.entries(wanted).every(([name, value]) => (of(each, name)?.value ?? value) === value));
    if (line) {
      const quantity = of(line, "quantity");
      quantity.value = String((/^\d*$/.test(quantity.value.trim()) ? Number(quantity.value) : 0) + 1);
    } else {
      line = lines.find((each) => !of(each, "item").value.trim() && !of(each, "quantity").value.trim()) ?? group.addLine();
      of(line, "item").value = label;
      offerPacks(of(line, "item"), JSON.parse(packs));
      for (const [name, value] of Object.entries(wanted)) {
        if (of(line, name)) of(line, name).value = value;
      }
      of(line, "quantity").value = "1";
    }
    show(line, found, of(line, "quantity"));
  };
  // Add a scanned pack to the count of its lot, or to a line for goods that are not on the sheet.
  const count = (found) => {
    const { item, size, label, batch, expires } = found.dataset;
    const fits = ({ dataset }) => dataset.item === item && (!batch || dataset.batch === batch) && (!expires || dataset.expires === expires);
    let line = [...group.querySelectorAll("[data-lot]")].find(fits);
    if (!line) {
      const wanted = { item: label, batch, expires_on: expires };
      const further = [...group.querySelectorAll("[data-further]")];
      line = further.find((each) => Object.entries(wanted).every(([name, value]) => of(each, name).value === value));
      line ??= further.find((each) => !of(each, "item").value.trim());
      if (!line) return (status.textContent = box.dataset.full);
      for (const [name, value] of Object.entries(wanted)) of(line, name).value = value;
      line.closest("details").open = true;
    }
    const counted = of(line, "counted");
    counted.value = String((/^\d*$/.test(counted.value.trim()) ? Number(counted.value) : 0) + Number(size));
    show(line, found, counted);
  };
  const show = (line, found, quantity) => {
    last = quantity;
    status.textContent = `${found.textContent} × ${quantity.value}`;
    line.classList.remove("flash");
    void line.offsetWidth; // so that the animation starts again
    line.classList.add("flash");
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const of = (line, name) => line.querySelector(`[name^="${group.dataset.lines ?? group.dataset.counts}/"][name$="/${name}"]`);

  box.hidden = false;
  open.addEventListener("click", start);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    // Scanners send control characters as Ctrl and a key, which browsers take for shortcuts.
    if (event.ctrlKey && event.key === "]") {
      event.preventDefault();
      input.setRangeText(SEPARATOR, input.selectionStart, input.selectionEnd, "end");
    } else if (event.ctrlKey && /^[^acvxz]$/i.test(event.key) && input.value) {
      event.preventDefault();
    }
    const code = clean(input.value);
    if (event.ctrlKey || event.metaKey || !(event.key === "Enter" || (event.key === "Tab" && code))) return;
    event.preventDefault();
    event.stopPropagation();
    if (code) {
      input.value = "";
      scan(code);
    } else if (last) {
      last.select();
    }
  });
  // A code that is scanned into the field of an item is a scan too.
  group.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.isComposing || event.ctrlKey || !event.target.matches?.("[data-line] input[data-find]")) return;
      const code = clean(event.target.value);
      if (!event.target.name.endsWith("/item") || !SCANNED.test(code)) return;
      event.preventDefault();
      event.stopPropagation();
      event.target.value = "";
      start();
      scan(code);
    },
    { capture: true },
  );
}

function parse(text) {
  const holder = document.createElement("template");
  holder.innerHTML = text;
  return holder.content;
}

// Ask which item has an unknown barcode, and add the barcode to it. Return null if nobody knows.
function ask(content) {
  const dialog = document.createElement("dialog");
  const show = (shown) => {
    dialog.replaceChildren(shown);
    const form = dialog.querySelector("form");
    findAsTyped(form);
    moveByEnter(form);
    dialog.querySelector("[autofocus]")?.focus();
  };
  document.querySelector("main").append(dialog);
  show(content);
  dialog.showModal();
  let found = null;
  return new Promise((done) => {
    dialog.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(event.target, event.submitter));
      const answer = await fetch("/scan", { method: "POST", body });
      const shown = parse(await answer.text());
      found = shown.querySelector("[data-label]");
      if (!found && shown.querySelector("form[action='/scan']")) return show(shown);
      dialog.close();
    });
    dialog.addEventListener("click", (event) => event.target.closest("[data-close]") && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(found);
    });
  });
}
