// Copy what is shown once, with a button beside its field. The Clipboard API needs https.
for (const field of document.querySelectorAll("input[data-copy]")) {
  const button = field.nextElementSibling;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
      else document.execCommand("copy");
      button.textContent = button.dataset.copied;
    } catch {
      field.focus();
    }
  });
}
