// Offer only the reasons that fit the chosen outcome of a stop.
export function fitReasons(form) {
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
