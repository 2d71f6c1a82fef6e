// Make elements. Text is always inserted as text, never as markup.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const callLink = (telephone, words) =>
  h("a", { class: "button quiet", href: `tel:${telephone.replace(/[^+\d]/g, "")}` }, words);

// A link that the router of the page follows.
export const link = (hash, attributes, ...children) => h("a", { href: `#/${hash}`, ...attributes }, ...children);
