// After signing in again, send the typed fields back to their form without another click.
const form = document.querySelector("form[data-continue]");
form.requestSubmit(form.querySelector("button"));
