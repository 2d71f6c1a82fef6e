// The texts of the page in the language of the phone. The English text is the key of the Chinese one.
const chinese = JSON.parse(document.getElementById("texts").textContent);

const PLACE = "language"; // in localStorage

export function language() {
  const chosen = localStorage.getItem(PLACE);
  if (chosen) return chosen;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export function chooseLanguage(name) {
  localStorage.setItem(PLACE, name);
  document.documentElement.lang = htmlLanguage();
}

export const htmlLanguage = () => (language() === "zh" ? "zh-Hans" : "en");

// Return a text with its values: t("%(count)s unsent", { count: 3 }).
export function t(text, values = {}) {
  const found = (language() === "zh" && chinese[text]) || text;
  return found.replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
}
