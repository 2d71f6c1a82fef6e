// Choose a picture for the receipts: it is sent as text in the field beside the button.
for (const chooser of document.querySelectorAll("input[data-logo]")) {
  const field = document.getElementById(chooser.dataset.logo);
  chooser.closest(".field").hidden = false;
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (!file) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    field.value = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  });
}
