// How numbers and characters are written, and the links to what computes a picture.
import { make } from "../touch/frame.js";

/** A character by a name that can be read. */
export const named = (sign) => (sign === " " ? "space" : sign === "\n" ? "new line" : sign);
/** A character as one sign. */
export const drawn = (sign) => (sign === " " ? "␣" : sign === "\n" ? "⏎" : sign);
/** A number with its sign, and a true minus. */
export const signed = (value, digits = 2) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
export const bits = (value) => value.toFixed(1);
export const percent = (p) => (p > 0 && p < 0.01 ? "under 1 %" : `${Math.round(100 * p)} %`);

/** Ground of a character for a number from −1 to 1: pale behind the letter, and in full at its foot. */
export function tint(span, value) {
  span.style.setProperty("--tint", `${(100 * Math.min(Math.abs(value), 1)).toFixed(1)}%`);
  span.classList.toggle("negative", value < 0);
}
/** A line of characters on such grounds. */
export const tinted = (label, signs, values) => make("p", {}, `${label} `, make("span", { class: "text" }, ...signs.map((sign, t) => {
  const span = make("span", {}, drawn(sign));
  tint(span, values[t]);
  return span;
})));
/** The heading of a part, and what to do with it. */
export const title = (words) => make("h2", { class: "title" }, words);
export const hint = (words) => make("p", { class: "legend" }, words);

/** Where the book explains a picture, and the line that computes it. */
export const source = (chapter, page, code, where) => make("p", { class: "where" },
  make("a", { href: page }, chapter), " · ", make("code", {}, code), " in ", make("a", { href: `package.html#rnn_utils.${where}` }, `rnn_utils.${where}`));

/** A choice among named values. */
export const select = (label, options, onchange, attributes = {}) => {
  const element = make("select", { onchange, ...attributes }, ...Object.entries(options).map(([value, words]) => make("option", { value }, words)));
  return { element, label: make("label", {}, label, " ", element) };
};

const SUPERS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** A small number, as a power of ten where it takes one. */
export const tiny = (value) => (value > 0.01 ? value.toFixed(2)
  : value ? value.toExponential(0).replace(/e-(\d+)/, (_, power) => `\u00a0·\u00a010⁻${[...power].map((digit) => SUPERS[digit]).join("")}`) : "0");
