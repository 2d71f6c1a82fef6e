// Add and remove lines of a form in place.
export function editLines(form, prepare) {
  for (const group of form.querySelectorAll("[data-lines]")) {
    const template = group.querySelector("template");
    const add = group.querySelector("[data-add]");
    const lines = () => [...group.querySelectorAll(":scope > [data-line]")];

    const append = () => {
      const used = [...group.querySelectorAll("[name]")]
        .map((field) => field.name)
        .filter((name) => name.startsWith(`${group.dataset.lines}/`))
        .map((name) => parseInt(name.slice(group.dataset.lines.length + 1), 10));
      const at = Math.max(-1, ...used) + 1;
      const holder = document.createElement("div");
      holder.innerHTML = template.innerHTML
        .replaceAll("__line__", String(at))
        .replaceAll("__number__", String(lines().length + 1));
      const line = holder.firstElementChild;
      template.before(line);
      prepare(line);
      return line;
    };
    add.addEventListener("click", (event) => {
      event.preventDefault();
      append().querySelector("input").focus();
    });
    group.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (!button) return;
      event.preventDefault();
      const line = button.closest("[data-line]");
      const next = line.nextElementSibling?.matches("[data-line]") ? line.nextElementSibling : line.previousElementSibling;
      line.remove();
      if (!lines().length) append();
      (next?.querySelector("input") ?? lines()[0].querySelector("input")).focus();
      form.dispatchEvent(new Event("input", { bubbles: true }));
    });
    group.addLine = append;
  }
}
