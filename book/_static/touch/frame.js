// What every figure to touch has in common: making elements, and coming to life once its styles are there.

const DRAWN = ["svg", "line", "path", "rect", "text", "tspan"];

/** An element with attributes (`class`, `data-…`, `aria-…`; `on…` for listeners) and children; of SVG where its kind is. */
export function make(tag, attributes = {}, ...children) {
  const drawn = DRAWN.includes(tag);
  const element = drawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
/**
 * A text as nodes, for HTML or for a drawing: what stands between asterisks is a symbol, in italics, and the exponent of
 * a power is raised digits, because the page's face has ¹ ² ³ but none of the other raised signs.
 */
export const written = (text, drawn = false) => text.split(/(\*[^*]+\*|[⁻⁰¹²³⁴-⁹]+)/).map((part, i) => {
  if (i % 2 === 0) return part;
  if (part[0] === "*") return make(drawn ? "tspan" : "i", { class: drawn && "math" }, part.slice(1, -1));
  const digits = [...part].map((sign) => "−0123456789"[RAISED.indexOf(sign)]).join("");
  return make(drawn ? "tspan" : "sup", drawn ? { class: "power", dy: "-0.5em" } : {}, digits);
});

/** A style sheet of this folder, asked for once; settled when it is there. */
const sheets = {};
const sheet = (name) => sheets[name] ??= new Promise((resolve) => {
  document.head.append(make("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href, onload: resolve }));
});

/**
 * Bring every figure of a kind to life, which without its style stays the table or text that it is without a script.
 * Returns what does so again: a cell that runs in the page adds figures.
 */
export function figures(kind, Figure) {
  const build = () => document.querySelectorAll(`[data-touch="${kind}"]:not([data-alive])`).forEach((root) => {
    root.dataset.alive = "yes";
    root.classList.add("touch-frame");
    new Figure(root);
  });
  Promise.all([sheet("frame.css"), sheet(`${kind.replace("-", "_")}.css`)]).then(build);
  return build;
}
