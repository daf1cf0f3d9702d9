// One step with its numbers: the cell as chapters 3, 9 and 10 draw it, for one unit, and the distribution that follows.
import { make } from "../touch/frame.js";
import { bits, named, signed, source } from "./words.js";
import { drawnContext } from "./strip.js";

const SHOWN = 8; // bars

/** A line of a drawing. */
const path = (d, kind = "a", width = null) => make("path", { d, class: kind, "stroke-width": width });
const words = (text, x, y, kind = "") => make("text", { x, y, class: kind }, text);
/** A symbol with an index, in italics, as the formulas have it. */
const symbol = (letter, index, x, y, kind = "") => make("text", { x, y, class: kind },
  make("tspan", { class: "math" }, letter), make("tspan", { class: "math index", dy: 4 }, index));

/** A function: its box is filled as far as the gate is open, or from the middle by a value with a sign. */
function box(name, value, x, y) {
  const [wide, high] = [52, 34];
  const level = name === "σ" ? [y + high - value * high, value * high] : [value < 0 ? y + high / 2 : y + high / 2 * (1 - value), Math.abs(value) * high / 2];
  return [make("rect", { x, y, width: wide, height: high, rx: 6, class: "box" }),
    make("rect", { x: x + 1, y: level[0], width: wide - 2, height: level[1], class: name === "tanh" && value < 0 ? "fill negative" : "fill" }),
    words(name, x + wide / 2, y + high / 2 + 5, "mid strong")];
}
const operation = (sign, x, y) => [make("rect", { x: x - 13, y: y - 13, width: 26, height: 26, rx: 13, class: "op" }), words(sign, x, y + 6, "mid strong")];

/** The memory cell of chapter 9 with the numbers of one unit at one step. */
function lstm(step, k, sign) {
  const { i, f, g, o } = Object.fromEntries(Object.entries(step.gates).map(([name, values]) => [name, values[k]]));
  const [before, c, h] = [step.before.c[k], step.c[k], step.h[k]];
  return make("svg", { viewBox: "0 0 560 352", role: "img", "aria-label": `Unit ${k}: c before ${signed(before)}, times forget gate ${signed(f)}, plus input gate ${signed(i)} times candidate ${signed(g)}, gives c ${signed(c)}; output gate ${signed(o)} times tanh of c gives h ${signed(h)}.` },
    make("rect", { x: 62, y: 14, width: 424, height: 282, rx: 10, class: "cell" }),
    path("M60 62H122", "memory"), path("M148 62H272", "memory", 1 + 5 * f), path("M298 62H500", "memory"),
    symbol("c", "t−1", 8, 50), words(signed(before), 8, 78, "number"),
    symbol("c", "t", 510, 50), words(signed(c), 505, 78, "number"),
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
    ...[["f", f, 128], ["i", i, 203], ["g", g, 273], ["o", o, 353]].flatMap(([name, value, x]) => [symbol(name, "t", x, 164, "end"), words(signed(value), x, 184, "number end")]),
    path("M62 262H360", "n"), symbol("h", "t−1", 8, 258), words(signed(step.before.h[k]), 8, 282, "number"),
    path("M92 318V262", "n"), symbol("x", "t", 84, 340), words(`“${named(sign)}”`, 108, 340));
}

/** What the sum of each gate is made of, in numbers: the character, the state, and what comes out. */
function sums(app, step, k) {
  const { net: { gates, H } } = app;
  const shown = (value) => make("td", {}, signed(value));
  const row = (name, place) => {
    const [x, h] = [step.a_x[place * H + k], step.a_h[place * H + k]];
    const out = name === "h" ? step.h[k] : step.gates[name][k];
    return make("tr", {}, make("th", { scope: "row" }, make("i", {}, name)), shown(x), shown(h), shown(out));
  };
  return make("table", {}, make("caption", {}, `Unit ${k}: the sums`),
    make("thead", {}, make("tr", {}, ...["", "from the character", "from the state", "after σ or tanh"].map((head) => make(head ? "th" : "td", head ? { scope: "col" } : {}, head)))),
    make("tbody", {}, ...gates.map(row)));
}

const FORMULAS = {
  LSTM: (s, k) => `c = f · c before + i · g = ${signed(s.gates.f[k])} · ${factor(s.before.c[k])} + ${signed(s.gates.i[k])} · ${factor(s.gates.g[k])} = ${signed(s.c[k])};  h = o · tanh(c) = ${signed(s.gates.o[k])} · ${factor(Math.tanh(s.c[k]))} = ${signed(s.h[k])}`,
  GRU: (s, k) => `h = (1 − z) · n + z · h before = ${signed(1 - s.gates.z[k])} · ${factor(s.gates.n[k])} + ${signed(s.gates.z[k])} · ${factor(s.before.h[k])} = ${signed(s.h[k])}`,
  RNN: (s, k) => `h = tanh(from the character + from the state) = tanh(${signed(s.a_x[k])} + ${factor(s.a_h[k])}) = ${signed(s.h[k])}`,
};
const factor = (value) => signed(value).replace(/^−.*/, "($&)");
const LINES = {
  LSTM: ["Chapter 9", "09_lstm.html", "i, f, g, o = _split(a_x[t] + h[t] @ W_hh.T, 4)", "LSTM"],
  GRU: ["Chapter 10", "10_gru.html", "n = np.tanh(xn + r * hn)", "GRU"],
  RNN: ["Chapter 3", "03_layers_of_an_rnn.html", "h[t + 1] = f(a_x[t] + h[t] @ W_hh.T)", "RNN"],
};

export class Step {
  constructor(app) {
    this.app = app;
    this.heading = make("p", { class: "title" });
    this.cell = make("div", { class: "cell-view" });
    this.formula = make("p", { class: "formula" });
    this.next = make("dl", { class: "next" });
    this.units = make("p", { class: "votes" });
    this.where = make("div", {});
    this.known = make("div", { class: "contexts" });
    this.table = make("details", {}, make("summary", {}, "What the gates add up"));
    this.element = make("div", { class: "one-step" }, this.heading,
      make("div", { class: "pair" },
        make("div", { class: "inside" }, this.cell, this.formula, this.table),
        make("div", { class: "outside" }, make("p", { class: "title" }, "What comes next"), this.next, this.units, this.known)), this.where);
  }

  renew() { this.where.replaceChildren(source(...LINES[this.app.kind])); }

  show() {
    const { app } = this;
    const [step, sign] = [app.steps[app.at], app.net.tokens[app.ids[app.at]]];
    this.heading.textContent = `One step: it reads “${named(sign)}”, seen from unit ${app.unit}`;
    this.cell.replaceChildren(...(app.kind === "LSTM" ? [lstm(step, app.unit, sign)] : []));
    this.formula.textContent = FORMULAS[app.kind](step, app.unit);
    this.table.replaceChildren(this.table.firstChild, sums(app, step, app.unit));
    const best = app.best(app.at);
    const came = app.ids[app.at + 1];
    this.next.replaceChildren(...best.slice(0, SHOWN).map(({ v, sign: one, p }) => {
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--length", p.toFixed(4));
      return make("div", { class: v === came && "came" }, make("dt", {}, named(one)), make("dd", {}, bar, make("span", {}, p.toFixed(3))));
    }));
    this.units.replaceChildren(...this.votes(best[0]), came === undefined ? ""
      : ` What did come, “${named(app.net.tokens[came])}”, costs ${bits(app.surprise(app.at + 1))} bits.`);
    const [high, low] = app.facts.units[app.unit];
    const list = (found) => make("ul", {}, ...found.map((context) => make("li", {}, make("code", {}, drawnContext(context)))));
    this.known.replaceChildren(make("p", { class: "title" }, `Unit ${app.unit} in the training text`),
      make("div", { class: "pair" }, make("div", {}, make("p", {}, "highest after"), list(high)), make("div", {}, make("p", {}, "lowest after"), list(low))));
  }

  /** Which units speak for the likeliest character: W[v, k] h[k]. */
  votes({ v, sign }) {
    const { app: { net, steps, at } } = this;
    const parts = [...steps[at].h].map((h, k) => [k, h * net.W[v * net.H + k]]).sort((a, b) => b[1] - a[1]).slice(0, 3);
    return [`For “${named(sign)}” speak above all unit `, ...parts.flatMap(([k, part], place) =>
      [place ? ", " : "", make("button", { type: "button", class: "link", onclick: () => this.app.look(k) }, `${k} (${signed(part)})`)]), "."];
  }
}
