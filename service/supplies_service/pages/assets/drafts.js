// Keep what is typed into a form until it is recorded, for a reload or an accident.
const SENT = "sent-form";

// Drop the draft of a sent form when the answer leads to another page, as after recording it. If there
// is no answer, because the service or the network is away, the draft stays.
export function dropRecordedDraft() {
  const sent = JSON.parse(sessionStorage.getItem(SENT));
  if (!sent || !document.referrer || new URL(document.referrer).pathname !== sent.page) return;
  if (!performance.getEntriesByType("navigation")[0]?.redirectCount) return;
  sessionStorage.removeItem(sent.place);
  sessionStorage.removeItem(SENT);
}

// prepare: makes the fields of a part of the form quicker, once it is shown again.
export function keepDraft(form, prepare) {
  const place = `draft:${new URL(form.action).pathname}`;
  // The choices of a field may depend on another field, so the title of a choice is kept too.
  const title = (name) => form.elements.namedItem(name).selectedOptions?.[0]?.text;
  const fields = () =>
    [...new FormData(form)]
      .filter(([name]) => name.startsWith("/") && name !== "/entry")
      .map(([name, value]) => [name, value, title(name)]);
  const asShown = JSON.stringify(fields());
  const kept = JSON.parse(sessionStorage.getItem(place));

  if (form.dataset.draft === "new" && kept?.typed && JSON.stringify(kept.typed) !== asShown) {
    restore(form, kept.typed, prepare);
    // If the form was recorded and only the answer was lost, the same key records it no second time.
    if (kept.key) form.elements.namedItem("key").value = kept.key;
    // As after Tab: what is typed next replaces the restored text, and is not added to it.
    const first = form.querySelector("[autofocus]");
    first?.focus();
    first?.select?.();
    const note = form.querySelector(`[data-restored=${kept.key ? "sent" : "typed"}]`);
    if (note) {
      note.hidden = false;
      note.querySelector("button").addEventListener("click", () => {
        sessionStorage.removeItem(place);
        location.assign(location.href);
      });
    }
  }
  // The key of a form that was sent, while there is no answer. null before.
  let key = form.elements.namedItem("key").value === kept?.key ? kept.key : null;
  const keep = () => sessionStorage.setItem(place, JSON.stringify({ typed: fields(), key }));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", () => {
    key = form.elements.namedItem("key").value;
    keep();
    sessionStorage.setItem(SENT, JSON.stringify({ place, page: location.pathname }));
  });
  // The answer to a form that was not recorded shows it again.
  if (form.dataset.draft === "typed") {
    key = null;
    keep();
    sessionStorage.removeItem(SENT);
  }
}

function restore(form, typed, prepare) {
  for (const group of form.querySelectorAll("[data-lines]")) {
    const start = `${group.dataset.lines}/`;
    const wanted = new Set(
      typed.filter(([name]) => name.startsWith(start)).map(([name]) => name.slice(start.length).split("/")[0]),
    );
    while (group.querySelectorAll(":scope > [data-line]").length < wanted.size) group.addLine();
  }
  for (const template of form.querySelectorAll("template[data-new]")) {
    const named = [...template.content.querySelectorAll("[name]")];
    if (typed.some(([name]) => named.some((field) => field.name === name))) template.replaceWith(template.content);
  }
  prepare(form);
  for (const [name, value, title] of typed) {
    const field = form.elements.namedItem(name);
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else {
      if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === value)) {
        field.append(new Option(title ?? value, value));
      }
      field.value = value;
    }
  }
}
