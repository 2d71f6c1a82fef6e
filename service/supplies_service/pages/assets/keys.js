// Keys in forms: Enter goes on to the next field, Shift+Enter to the next line of goods, and
// Ctrl+Enter presses the first button that saves.
export function moveByEnter(form) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.querySelector(".actions button").click();
      return;
    }
    if (!event.target.matches("input, select")) return;
    const line = event.shiftKey && event.target.closest("[data-lines] > [data-line]");
    if (line) {
      event.preventDefault();
      const next = line.nextElementSibling;
      const group = line.parentElement;
      (next?.matches("[data-line]") ? next : group.addLine()).querySelector("input").focus();
      return;
    }
    event.preventDefault();
    const fields = [...form.querySelectorAll("input, select, textarea, button, summary")].filter(
      (each) => each.tabIndex >= 0 && !each.disabled && each.type !== "hidden" && each.offsetParent !== null && !each.closest("[data-scan]"),
    );
    fields[fields.indexOf(event.target) + 1]?.focus();
  });
}
