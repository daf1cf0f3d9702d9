// Where a prediction came from: how strongly log p of a character depends on each earlier one, LSTM beside tanh network.
import { make, written } from "../touch/frame.js";
import { network } from "./explainer.js";
import { run } from "./model.js";
import { GRADIENTS } from "./text.js";
import { hint, named, percent, select, signed, source, tiny, tinted, title } from "./words.js";

const [WIDE, HIGH, LEFT, FOOT] = [640, 220, 56, 40];
const LOWEST = -16; // power of ten at which the axis ends, and with it a line
const FADES = 30; // characters that it takes to see that the gradient of one fades (the record of experiments/explainer_units.py)
const OTHER = { LSTM: "RNN", GRU: "RNN", RNN: "LSTM" };
const LOOKS = { LSTM: "lstm", GRU: "gru", RNN: "rnn" };
const NAMES = { LSTM: "LSTM", GRU: "GRU", RNN: "tanh RNN" };

export class Sources {
  constructor(app) {
    this.app = app;
    this.target = select("Log-probability of", {}, () => { this.chosen = Number(this.target.element.value); this.tell(); });
    this.compare = make("button", { type: "button", onclick: () => (this.other ? this.alone() : this.beside()) });
    this.graph = make("div", {});
    this.result = make("p", { class: "result" });
    this.rows = make("div", { class: "rows" });
    this.where = make("div", {});
    this.element = make("div", { class: "sources" }, title("Where did this prediction come from?"),
      hint("How much would the log-probability change if the input at an earlier character changed a little? That is its gradient. The curve shows its length as a share of the length at the last character read; the colour of a letter, as a share of the greatest. The tanh network has no gates."),
      make("div", { class: "bar" }, this.target.label, this.compare), this.rows, this.graph, this.result, this.where);
  }

  renew() {
    this.put(null);
    this.where.replaceChildren(source(...GRADIENTS[this.app.kind]));
    this.target.element.replaceChildren(...[...this.app.net.tokens].map((sign, v) => make("option", { value: v }, named(sign))));
  }

  reread() {
    this.chosen = null;
    if (this.other) this.other.steps = run(this.other.net, this.app.ids);
  }

  /** The network to compare with, or none. */
  put(other) {
    const name = NAMES[OTHER[this.app.kind]];
    this.other = other;
    this.compare.textContent = other ? `Leave out the ${name}` : `Compare with the ${name}`;
  }

  alone() {
    this.put(null);
    this.tell();
  }

  /** Load the other network, once, and let it read the same text. */
  async beside() {
    const kind = OTHER[this.app.kind];
    try {
      const net = await network(kind);
      if (kind !== OTHER[this.app.kind]) return;
      this.put({ kind, net, steps: run(net, this.app.ids) });
      this.tell();
    } catch (error) {
      this.result.textContent = `The network could not be loaded (${error.message}).`;
    }
  }

  /** Show, and say what is shown. */
  tell() {
    this.show(true);
    this.app.questions.show();
  }

  /** Lengths of the gradient at each step, by network, as shares of that at the last. */
  lengths() {
    const { app, other } = this;
    const v = Number(this.target.element.value);
    const found = { [app.kind]: app.gradient(app.at, v) };
    if (other) found[other.kind] = app.gradient(app.at, v, other.net, other.steps);
    for (const [kind, values] of Object.entries(found)) found[kind] = values.map((value) => value / (values.at(-1) || 1));
    return found;
  }

  show(aloud = false) {
    const { app } = this;
    if (this.at !== app.at || this.chosen === null) { // another step: what comes next there
      this.at = app.at;
      this.chosen = app.best(app.at)[0].v;
    }
    this.target.element.value = this.chosen;
    const found = this.found = this.lengths();
    const from = Math.max(0, app.at - 59);
    const signs = app.ids.slice(from, app.at + 1).map((id) => app.net.tokens[id]);
    this.rows.replaceChildren(...Object.entries(found).map(([kind, values]) => tinted(NAMES[kind], signs, values.slice(from).map((value) => value / Math.max(...values, 1e-12)))));
    this.graph.replaceChildren(this.draw(found));
    const said = this.outcome(found);
    if (said === this.said) return;
    this.said = said;
    this.result.ariaLive = aloud ? "polite" : "off"; // a step is said in one place
    this.result.replaceChildren(...written(said));
  }

  draw(found) {
    const { app } = this;
    const T = app.at + 1;
    const right = WIDE - LEFT - 96;
    const x = (t) => LEFT + (T > 1 ? right * t / (T - 1) : right);
    const power10 = (value) => Math.max(Math.log10(Math.max(value, 1e-300)), LOWEST);
    const top = Math.max(0, ...Object.values(found).flat().map((value) => Math.ceil(power10(value))));
    const foot = Math.min(top - 6, ...Object.values(found).flat().map((value) => Math.floor(power10(value))));
    const y = (value) => 10 + (HIGH - FOOT - 10) * (top - power10(value)) / (top - foot);
    const marks = Array.from({ length: top - foot + 1 }, (_, k) => top - k).filter((_, k) => k % Math.ceil((top - foot) / 8) === 0);
    const grid = marks.flatMap((power) => [make("line", { class: "axis", x1: LEFT, x2: LEFT + right, y1: y(10 ** power), y2: y(10 ** power) }),
      make("text", { class: "end", x: LEFT - 6, y: y(10 ** power) + 4 }, "10", make("tspan", { dy: -5, class: "power" }, signed(power, 0)))]);
    const labels = Object.entries(found).map(([kind, values]) => ({ kind, y: y(values[0]) })).sort((a, b) => a.y - b.y);
    if (labels.length > 1 && labels[1].y - labels[0].y < 16) labels[1].y = labels[0].y + 16;
    const low = (value) => value < 10 ** LOWEST;
    const lines = Object.entries(found).map(([kind, values]) => make("path", { class: `line ${LOOKS[kind]}`,
      d: values.map((value, t) => (low(value) ? "" : `${t && !low(values[t - 1]) ? "L" : "M"}${x(T - 1 - t).toFixed(1)} ${y(value).toFixed(1)}`)).join("") }));
    return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": "Length of the gradient, as a share of that at the last character, against the number of steps back, on a logarithmic axis; the sentence below has the numbers." },
      ...grid, ...lines, ...labels.map(({ kind, y: at }) => make("text", { class: `name ${LOOKS[kind]}`, x: LEFT + right + 6, y: at + 4 }, ...written(low(found[kind][0]) ? `${kind} < 10⁻¹⁶` : NAMES[kind], true))),
      ...[0, 0.5, 1].map((share) => make("text", { class: "mid", x: LEFT + right * share, y: HIGH - 22 }, String(Math.round((T - 1) * share)))),
      make("text", { class: "mid", x: LEFT + right / 2, y: HIGH - 4 }, "steps back from the prediction"));
  }

  outcome(found) {
    const { app } = this;
    const state = (kind) => (!app.changes.length ? "" : kind === app.kind ? ", changed" : ", as trained");
    const sentences = Object.entries(found).map(([kind, values]) => {
      const total = values.reduce((sum, value) => sum + value, 0) || 1;
      let [sum, back] = [0, 0];
      while (back < values.length && sum < 0.9 * total) sum += values[values.length - 1 - back++];
      const steps = values.length - 1;
      return `${NAMES[kind]}${state(kind)}: 90 % of the gradient lies in the last ${back === 1 ? "character" : `${back} characters`}`
        + (steps ? `; ${steps} steps back it is ${tiny(values[0])} of what it is at the last, a factor of ${(values[0] ** (1 / steps)).toFixed(2)} a step.` : ".");
    });
    if (this.other && app.at + 1 < FADES) sentences.push(`On fewer than ${FADES} characters the two mostly look alike.`);
    return `After step ${app.at + 1}, “${named(app.net.tokens[this.target.element.value])}” has ${percent(Math.exp(app.steps[app.at].logp[this.target.element.value]))}. ${sentences.join(" ")}`;
  }
}
