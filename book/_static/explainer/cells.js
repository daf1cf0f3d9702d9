// The cells as chapters 3, 9 and 10 draw them, with the numbers of one unit at one step.
import { make } from "../touch/frame.js";
import { named, signed } from "./words.js";

/** A line of a drawing. */
const path = (d, kind = "a", width = kind === "memory" ? 6 : 1.7) => make("path", { d, class: kind, "stroke-width": width });
const words = (text, x, y, kind = "") => make("text", { x, y, class: kind }, text);
/** A symbol with an index, in italics, as the formulas have it; marked where a change has set its value. */
const symbol = (letter, index, x, y, kind = "", set = false) => make("text", { x, y, class: kind },
  make("tspan", { class: "math" }, letter), make("tspan", { class: "math index", dy: 4 }, index), set ? make("tspan", { class: "small", dy: -4 }, " set") : "");
const state = ({ c, h }) => (c.length ? c : h);
/** The state that a step makes of a unit, and where it is held at another value, both. */
export const outcome = (step, k) => (step.fixed("held", k) ? `${signed(step.made[k])}, held at ` : "") + signed(state(step)[k]);
/** What a held state would have been, on the way to it. */
const made = (step, k, x, y) => (step.fixed("held", k) ? [words(signed(step.made[k]), x, y, "mid number")] : []);

/** A function, and under its name a bar: as long as the gate is open, or from the middle by a value with a sign. */
function box(name, value, x, y) {
  const [wide, high] = [52, 34];
  const bar = name === "σ" ? [0, value] : [(1 + Math.min(value, 0)) / 2, Math.abs(value) / 2];
  return [make("rect", { x, y, width: wide, height: high, rx: 6, class: "box" }),
    make("rect", { x: x + 3 + bar[0] * (wide - 6), y: y + high - 10, width: bar[1] * (wide - 6), height: 7, class: value < 0 ? "fill negative" : "fill" }),
    words(name, x + wide / 2, y + 17, "mid strong")];
}
const operation = (sign, x, y) => [make("rect", { x: x - 13, y: y - 13, width: 26, height: 26, rx: 13, class: "op" }), words(sign, x, y + 6, "mid strong")];

/** The memory cell of chapter 9. */
function LSTM(step, k, sign) {
  const { i, f, g, o } = Object.fromEntries(Object.entries(step.gates).map(([name, values]) => [name, values[k]]));
  const [before, c, h] = [step.before.c[k], step.c[k], step.h[k]];
  const set = (what) => step.fixed(what, k);
  return make("svg", { viewBox: "-16 0 586 352", role: "img", "aria-label": `Unit ${k}: c before ${signed(before)}, times forget gate ${signed(f)}, plus input gate ${signed(i)} times candidate ${signed(g)}, gives c ${outcome(step, k)}; output gate ${signed(o)} times tanh of c gives h ${signed(h)}.` },
    make("rect", { x: 62, y: 14, width: 424, height: 282, rx: 10, class: "cell" }),
    path("M60 62H122", "memory"), path("M148 62H272", "memory", 0.3 + 5.7 * f), path("M298 62H500", "memory"),
    symbol("c", "t−1", -10, 50, "", set("c")), words(signed(before), -10, 82, "number"),
    symbol("c", "t", 510, 50, "", set("held")), words(signed(c), 505, 82, "number"), ...made(step, k, 340, 48),
    ...operation("×", 135, 62), ...operation("+", 285, 62),
    words(signed(f * before), 210, 48, "mid number"),
    path("M135 262V232"), path("M210 262V232"), path("M285 262V232"), path("M360 262V232"),
    path("M135 196V77"), path("M210 196V140H270"), path("M285 196V155"), path("M285 125V77"),
    ...operation("×", 285, 140), words(signed(i * g), 295, 104, "number"),
    path("M414 64V88", "a"), make("rect", { x: 392, y: 90, width: 44, height: 24, rx: 6, class: "box" }), words("tanh", 414, 107, "mid small"),
    path("M414 114V131"), ...operation("×", 414, 145), path("M360 196V145H399"), path("M428 145H500"),
    symbol("h", "t", 510, 138), words(signed(h), 505, 163, "number"),
    words(signed(Math.tanh(c)), 422, 128, "number small"),
    ...box("σ", f, 109, 196), ...box("σ", i, 184, 196), ...box("tanh", g, 259, 196), ...box("σ", o, 334, 196),
    ...[["f", f, 128], ["i", i, 203], ["g", g, 273], ["o", o, 353]].flatMap(([name, value, x]) => [symbol(name, "t", x, 164, "end", set(name)), words(signed(value), x, 184, "number end")]),
    path("M62 262H360", "n"), symbol("h", "t−1", -10, 250, "", set("h")), words(signed(step.before.h[k]), -10, 280, "number"),
    path("M92 318V262", "n"), symbol("x", "t", 84, 340), words(`“${named(sign)}”`, 108, 340));
}

/** The cell of chapter 10: the direct path, and the candidate that the reset gate lets see the past. */
function GRU(step, k, sign) {
  const { r, z, n } = Object.fromEntries(Object.entries(step.gates).map(([name, values]) => [name, values[k]]));
  const [before, h, H] = [step.before.h[k], step.h[k], step.h.length];
  const set = (what) => step.fixed(what, k);
  const [past, input] = [step.a_h[2 * H + k], step.a_x[2 * H + k]];
  return make("svg", { viewBox: "-16 0 586 360", role: "img", "aria-label": `Unit ${k}: h before ${signed(before)}, mixed by update gate ${signed(z)} with candidate ${signed(n)}, gives h ${outcome(step, k)}; reset gate ${signed(r)} times ${signed(past)} from the state plus ${signed(input)} from the character are inside the candidate.` },
    make("rect", { x: 62, y: 14, width: 424, height: 296, rx: 10, class: "cell" }),
    path("M60 62H310", "memory", 0.3 + 5.7 * z), path("M362 62H500", "memory"),
    symbol("h", "t−1", -10, 50, "", set("h")), words(signed(before), -10, 82, "number"),
    symbol("h", "t", 510, 50, "", set("held")), words(signed(h), 505, 82, "number"), ...made(step, k, 424, 48),
    make("rect", { x: 310, y: 44, width: 52, height: 36, rx: 6, class: "op" }), words("mix", 336, 67, "mid strong"),
    words(signed(z * before), 230, 50, "mid number"), words(signed((1 - z) * n), 346, 104, "number"),
    path("M98 62V222H128"), ...tagged("", 128, 205), words(signed(past), 154, 192, "mid number"),
    path("M180 222H217"), ...operation("×", 230, 222), path("M243 222H310"), words(signed(r * past), 276, 212, "mid number"),
    ...box("tanh", n, 310, 205), path("M336 205V81"), symbol("n", "t", 346, 150), words(signed(n), 346, 172, "number"),
    ...box("σ", z, 128, 108), path("M180 125H322V81"), symbol("z", "t", 190, 116, "", set("z")), words(signed(z), 190, 144, "number"),
    ...box("σ", r, 204, 262), path("M230 262V236"), symbol("r", "t", 198, 274, "end", set("r")), words(signed(r), 198, 296, "number end"),
    path("M336 330V240"), symbol("x", "t", 328, 352), words(`“${named(sign)}”`, 352, 352), words(signed(input), 346, 262, "number"));
}

/** The layer of chapter 3: the character and the state before are added, and tanh keeps the sum within −1 and 1. */
function RNN(step, k, sign) {
  const [input, past, h] = [step.a_x[k], step.a_h[k], step.h[k]];
  const set = (what) => step.fixed(what, k);
  return make("svg", { viewBox: "-16 0 586 230", role: "img", "aria-label": `Unit ${k}: ${signed(input)} from the character plus ${signed(past)} from the state, through tanh, gives h ${outcome(step, k)}.` },
    make("rect", { x: 62, y: 14, width: 424, height: 150, rx: 10, class: "cell" }),
    path("M60 78H262"), path("M288 78H340"), path("M392 78H500"),
    symbol("h", "t−1", -10, 66, "", set("h")), words(signed(step.before.h[k]), -10, 98, "number"),
    symbol("h", "t", 510, 66, "", set("held")), words(signed(h), 505, 98, "number"), ...made(step, k, 440, 66),
    ...tagged("hh", 140, 61), words(signed(past), 226, 66, "mid number"), ...operation("+", 275, 78),
    words(signed(input + past), 312, 66, "mid number"), ...box("tanh", step.made[k], 340, 61),
    path("M275 196V91"), make("rect", { x: 249, y: 112, width: 52, height: 34, rx: 6, class: "box" }), symbol("W", "ih", 260, 133),
    words(signed(input), 310, 135, "number"), symbol("x", "t", 267, 218), words(`“${named(sign)}”`, 292, 218));
}

/** A box for the weights of the loop. */
const tagged = (index, x, y) => [make("rect", { x, y, width: 52, height: 34, rx: 6, class: "box" }), symbol("W", index || "hn", x + 9, y + 21)];

export const CELLS = { LSTM, GRU, RNN };
