// Keep what is typed into a form until it is saved, for a reload or an accident.
export function keepDraft(form) {
  const place = `draft:${new URL(form.action).pathname}`;
  // The choices of a field may depend on another field, so the title of a choice is kept too.
  const title = (name) => form.elements.namedItem(name).selectedOptions?.[0]?.text;
  const fields = () =>
    [...new FormData(form)]
      .filter(([name]) => name.startsWith("/") && name !== "/entry")
      .map(([name, value]) => [name, value, title(name)]);
  const asShown = JSON.stringify(fields());
  const kept = sessionStorage.getItem(place);

  if (form.dataset.draft === "new" && kept && kept !== asShown) {
    restore(form, JSON.parse(kept));
    // As after Tab: what is typed next replaces the restored text, and is not added to it.
    const first = form.querySelector("[autofocus]");
    first?.focus();
    first?.select?.();
    const note = form.querySelector("[data-restored]");
    if (note) {
      note.hidden = false;
      note.querySelector("button").addEventListener("click", () => {
        sessionStorage.removeItem(place);
        location.assign(location.href);
      });
    }
  }
  const keep = () => sessionStorage.setItem(place, JSON.stringify(fields()));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  // The answer to a form that was not recorded shows it again, and it is kept again.
  form.addEventListener("submit", () => sessionStorage.removeItem(place));
  if (form.dataset.draft === "typed") keep();
}

function restore(form, typed) {
  for (const group of form.querySelectorAll("[data-lines]")) {
    const start = `${group.dataset.lines}/`;
    const wanted = new Set(
      typed.filter(([name]) => name.startsWith(start)).map(([name]) => name.slice(start.length).split("/")[0]),
    );
    while (group.querySelectorAll(":scope > [data-line]").length < wanted.size) group.addLine();
  }
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
