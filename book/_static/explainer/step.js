// One step with its numbers: the cell, for one unit, and the distribution that follows.
import { make, written } from "../touch/frame.js";
import { CELLS } from "./cells.js";
import { drawnContext } from "./strip.js";
import { bits, hint, named, signed, source, title } from "./words.js";

const SHOWN = 8; // bars

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
  LSTM: (s, k) => `*c* = *f* · *c* before + *i* · *g* = ${signed(s.gates.f[k])} · ${factor(s.before.c[k])} + ${signed(s.gates.i[k])} · ${factor(s.gates.g[k])} = ${signed(s.c[k])};  *h* = *o* · tanh(*c*) = ${signed(s.gates.o[k])} · ${factor(Math.tanh(s.c[k]))} = ${signed(s.h[k])}`,
  GRU: (s, k) => `*h* = (1 − *z*) · *n* + *z* · *h* before = ${signed(1 - s.gates.z[k])} · ${factor(s.gates.n[k])} + ${signed(s.gates.z[k])} · ${factor(s.before.h[k])} = ${signed(s.h[k])}`,
  RNN: (s, k) => `*h* = tanh(from the character + from the state) = tanh(${signed(s.a_x[k])} + ${factor(s.a_h[k])}) = ${signed(s.h[k])}`,
};
const factor = (value) => signed(value).replace(/^−.*/, "($&)");
const LINES = {
  LSTM: ["Chapter 9", "09_lstm.html", "i, f, g, o = _split(a_x[t] + h[t] @ W_hh.T, 4)", "LSTM"],
  GRU: ["Chapter 10", "10_gru.html", "n = np.tanh(xn + r * hn)", "GRU"],
  RNN: ["Chapter 3", "03_layers_of_an_rnn.html", "h[t + 1] = f(a_x[t] + h[t] @ W_hh.T)", "RNN"],
};

const HINTS = {
  LSTM: "σ makes a share between 0 and 1 of any number, tanh a value between −1 and 1. The thick line is the cell state; it goes on behind × as thick as the forget gate is open.",
  GRU: "σ makes a share between 0 and 1 of any number, tanh a value between −1 and 1. The thick line is the state; it goes on as thick as the update gate is open.",
  RNN: "This network has no gates: each step makes all of h anew.",
};

export class Step {
  constructor(app) {
    this.app = app;
    this.heading = title("");
    this.hint = hint("");
    this.cell = make("div", { class: "cell-view" });
    this.formula = make("p", { class: "formula" });
    this.next = make("dl", { class: "next" });
    this.units = make("p", { class: "votes" });
    this.where = make("div", {});
    this.known = make("div", { class: "contexts" });
    this.table = make("details", {}, make("summary", {}, "The sums behind the numbers"));
    this.element = make("div", { class: "one-step" }, this.heading, this.hint,
      make("div", { class: "pair" },
        make("div", { class: "inside" }, this.cell, this.formula, this.table),
        make("div", { class: "outside" }, title("What comes next"), this.next, this.units)), this.where);
  }

  renew() {
    const { kind } = this.app;
    this.where.replaceChildren(source(...LINES[kind]));
    this.hint.textContent = HINTS[kind];
  }

  show() {
    const { app } = this;
    const [step, sign] = [app.steps[app.at], app.net.tokens[app.ids[app.at]]];
    this.heading.textContent = `One step: “${named(sign)}” in unit ${app.unit}`;
    this.cell.replaceChildren(CELLS[app.kind](step, app.unit, sign));
    this.formula.replaceChildren(...written(FORMULAS[app.kind](step, app.unit)));
    this.table.replaceChildren(this.table.firstChild, sums(app, step, app.unit));
    const best = app.best(app.at);
    const came = app.ids[app.at + 1];
    this.next.replaceChildren(...best.slice(0, SHOWN).filter(({ p }) => p >= 0.0005).map(({ v, sign: one, p }) => {
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--length", p.toFixed(4));
      return make("div", { class: v === came && "came" }, make("dt", {}, named(one)), make("dd", {}, bar, make("span", {}, `${(100 * p).toFixed(1)} %`)));
    }));
    this.units.replaceChildren(...this.votes(best[0]), came === undefined ? ""
      : ` The character that follows, “${named(app.net.tokens[came])}”, costs ${bits(app.surprise(app.at + 1))} bits.`);
    const { high, low } = app.known[app.unit];
    const list = (found) => make("ul", {}, ...found.map((context) => make("li", {}, make("code", {}, drawnContext(context)))));
    this.known.replaceChildren(make("h3", { class: "title" }, `Unit ${app.unit} in the training text: its h was`),
      make("div", { class: "pair" }, make("div", {}, make("p", {}, "highest after"), list(high)), make("div", {}, make("p", {}, "lowest after"), list(low))));
  }

  /** Which units speak for the likeliest character: W[v, k] h[k]. */
  votes({ v, sign }) {
    const { app: { net, steps, at } } = this;
    const parts = [...steps[at].h].map((h, k) => [k, h * net.W[v * net.H + k]]).sort((a, b) => b[1] - a[1]).slice(0, 3);
    return [`The units that raise “${named(sign)}” most: `, ...parts.flatMap(([k, part], place) =>
      [make("button", { type: "button", class: "link", onclick: () => this.app.look(k) }, `${k} (${signed(part)})`), place < 2 ? ", " : "."])];
  }
}
