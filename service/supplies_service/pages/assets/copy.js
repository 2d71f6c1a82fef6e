// Copy the text of a field with the button beside it. The Clipboard API needs https.
for (const field of document.querySelectorAll("[data-copy]")) {
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
