// One step with its numbers: the cell, for one unit, and the distribution that follows.
import { make, written } from "../touch/frame.js";
import { CELLS, outcome } from "./cells.js";
import { bits, hint, named, signed, source, title } from "./words.js";

const SHOWN = 8; // bars
const share = (p) => `${(100 * p).toFixed(1)} %`;

/** What the sum of each gate is made of, in numbers: the character, the state, and what comes out; in the order of the drawing. */
function sums({ net: { gates, H, kind } }, step, k) {
  const row = (name) => {
    const place = gates.indexOf(name) * H + k;
    const set = step.fixed(name, k) ? "set to " : "";
    const past = signed(step.a_h[place]);
    const out = name === "h" ? outcome(step, k) : set + signed(step.gates[name][k]);
    const cells = [signed(step.a_x[place]), name === "n" ? `${past} · ${signed(step.gates.r[k])} (r)` : past, out];
    return make("tr", {}, make("th", { scope: "row" }, make("i", {}, name)), ...cells.map((cell) => make("td", {}, cell)));
  };
  return make("table", {}, make("caption", {}, `Unit ${k}: the sums`),
    make("thead", {}, make("tr", {}, ...["", "from the character", "from the state", "after σ or tanh"].map((head) => make(head ? "th" : "td", head ? { scope: "col" } : {}, head)))),
    make("tbody", {}, ...(kind === "LSTM" ? [..."figo"] : gates).map(row)));
}

const FORMULAS = {
  LSTM: (s, k) => `*c* = *f* · *c* before + *i* · *g* = ${signed(s.gates.f[k])} · ${factor(s.before.c[k])} + ${signed(s.gates.i[k])} · ${factor(s.gates.g[k])} = ${outcome(s, k)};  *h* = *o* · tanh(*c*) = ${signed(s.gates.o[k])} · ${factor(Math.tanh(s.c[k]))} = ${signed(s.h[k])}`,
  GRU: (s, k) => `*h* = (1 − *z*) · *n* + *z* · *h* before = ${signed(1 - s.gates.z[k])} · ${factor(s.gates.n[k])} + ${signed(s.gates.z[k])} · ${factor(s.before.h[k])} = ${outcome(s, k)}`,
  RNN: (s, k) => `*h* = tanh(from the character + from the state) = tanh(${signed(s.a_x[k])} + ${factor(s.a_h[k])}) = ${outcome(s, k)}`,
};
const factor = (value) => signed(value).replace(/^−.*/, "($&)");
const LINES = {
  LSTM: ["Chapter 9", "09_lstm.html", "i, f, g, o = _split(a_x[t] + h[t] @ W_hh.T, 4)", "LSTM"],
  GRU: ["Chapter 10", "10_gru.html", "n = np.tanh(xn + r * hn)", "GRU"],
  RNN: ["Chapter 3", "03_layers_of_an_rnn.html", "h[t + 1] = f(a_x[t] + h[t] @ W_hh.T)", "RNN"],
};

const SQUASHED = "σ makes a share between 0 and 1 of any number, tanh a value between −1 and 1. “Set” marks the value of a change.";
const HINTS = {
  LSTM: `${SQUASHED} The thick line is the cell state; it goes on behind × as thick as the forget gate is open.`,
  GRU: `${SQUASHED} The thick line is the state; it goes on as thick as the update gate z is open. “Mix” keeps z of it and takes 1 − z of the candidate n.`,
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
    const trained = app.changes.length ? app.plain[app.at].logp.map(Math.exp) : null;
    const third = trained?.slice().sort().at(-3); // what had been expected is shown, too
    this.next.replaceChildren(...best.filter(({ v }, rank) => rank < SHOWN || trained?.[v] >= third).map(({ v, sign: one, p }) => {
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--length", p.toFixed(4));
      return make("div", { class: v === came && "came" }, make("dt", {}, named(one)),
        make("dd", {}, bar, make("span", { class: "now" }, share(p)), trained ? make("span", { class: "was" }, `was ${share(trained[v])}`) : ""));
    }));
    this.units.replaceChildren(...this.votes(best[0]), came === undefined ? ""
      : ` The character that follows, “${named(app.net.tokens[came])}”, costs ${bits(app.surprise(app.at + 1))} bits.`);
  }

  /** Which units speak for the likeliest character: W[v, k] h[k]. */
  votes({ v, sign }) {
    const { app: { net, steps, at } } = this;
    const parts = [...steps[at].h].map((h, k) => [k, h * net.W[v * net.H + k]]).sort((a, b) => b[1] - a[1]).slice(0, 3);
    return [`The units that add most to the score of “${named(sign)}” (its logit, before softmax): `, ...parts.flatMap(([k, part], place) =>
      [make("button", { type: "button", class: "link", onclick: () => this.app.look(k) }, `${k} (+${signed(part)})`), place < 2 ? ", " : "."])];
  }
}
