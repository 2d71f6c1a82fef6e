// Offer only the reasons that fit the chosen outcome of a stop, and ask for the next attempt only if there is one.
export function fitReasons(form) {
  for (const part of form.querySelectorAll("[data-again]")) {
    const fields = [...part.querySelectorAll("input")];
    const outcome = form.elements[fields[0].name.replace(/\/[^/]+$/, "/outcome")];
    const isTyped = () => fields.some(({ value }) => value);
    const fit = () => {
      part.hidden = outcome.value !== part.dataset.again && !isTyped();
    };
    outcome?.addEventListener("change", fit);
    if (outcome) fit();
  }
  for (const field of form.querySelectorAll("select[data-reasons]")) {
    const outcome = form.elements[field.name.replace(/\/why$/, "/outcome")];
    const fit = () => {
      for (const group of field.querySelectorAll("optgroup")) {
        group.hidden = group.disabled = Boolean(outcome.value) && group.dataset.outcome !== outcome.value;
      }
      if (field.selectedOptions[0]?.parentElement.disabled) field.value = "";
    };
    outcome?.addEventListener("change", fit);
    if (outcome) fit();
  }
}
