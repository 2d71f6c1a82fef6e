// Sign in with a passkey, or add one: the device answers a challenge, and the form sends the answer.
const methods = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };
const hasName = !/^[\d.]+$|^\[/.test(location.hostname); // passkeys belong to names, not addresses

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.kind;
  const parse = window.PublicKeyCredential?.[methods[kind]];
  if (!parse || !hasName) continue;
  form.hidden = false;
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = document.getElementById("station");
    if (typed && form.elements.station) form.elements.station.value = typed.value;
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const response = await fetch(form.dataset.passkey, { method: "POST", body });
      if (response.ok) {
        const publicKey = parse.call(window.PublicKeyCredential, await response.json());
        const made = await navigator.credentials[kind]({ publicKey });
        form.elements.answer.value = JSON.stringify(made);
      }
      form.submit(); // without an answer, the service says why it refused the challenge
    } catch {
      failed.hidden = false;
    }
  });
}
