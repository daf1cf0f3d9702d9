// A memory cell to touch, chapter 9: the reader sets the gates of every step and watches c, h and the gradient's path.
import { run } from "./gated_cell.js";
import { figures, make, written } from "./frame.js";

const GATES = [
  ["i", 0, "input gate: write?"],
  ["f", 0, "forget gate: keep?"],
  ["g", -1, "candidate: what?"],
  ["o", 0, "output gate: show?"],
];
const ROWS = [["c", "cell c", true], ["h", "shown h", true], ["path", "reaches the end", false]];

const number = (value) => value.toFixed(2).replace("-0.00", "0.00").replace("-", "−");
/** A number as a factor: a negative one in brackets. */
const factor = (value) => number(value).replace(/^−.*/, "($&)");
/** Words that are heard and not seen: what can be seen stays a part of the name of a button. */
const unseen = (text) => make("span", { class: "unseen" }, text);

class Cell {
  constructor(root) {
    this.model = JSON.parse(root.dataset.model);
    this.T = this.model.tokens.length;
    this.strip = make("ol", { class: "strip", "aria-label": "Steps" });
    this.heading = make("p", { class: "title", id: "lstm-cell-step" });
    this.sum = make("p", { class: "sum", role: "status" });
    this.knobs = Object.fromEntries(GATES.map(([name, min]) => [name, make("input", {
      type: "range", min, max: 1, step: 0.01, oninput: () => this.set(name),
    })]));
    this.shown = Object.fromEntries(GATES.map(([name]) => [name, make("span", { class: "value" })]));
    this.choices = Object.keys(this.model.settings).map((name) =>
      make("button", { type: "button", "aria-pressed": "false", onclick: () => this.load(name) }, name));
    const button = (words, onclick) => make("button", { type: "button", onclick }, words);
    root.replaceChildren(
      make("p", { class: "title" }, this.model.title),
      make("div", { class: "choices", role: "group", "aria-label": "Settings" }, ...this.choices),
      make("div", { class: "legend" }, ...ROWS.map(([name, words]) => make("span", { class: name }, words))),
      this.strip,
      make("div", { class: "controls" }, button("← Back", () => this.go(this.at - 1)), button("Step →", () => this.go(this.at + 1))),
      this.heading,
      make("div", { class: "knobs" }, ...GATES.map(([name, , words]) =>
        make("label", {}, make("span", {}, make("i", {}, name), " = ", this.shown[name], make("small", {}, ` ${words}`)), this.knobs[name]))),
      this.sum,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", this.model.title);
    this.strip.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.T - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.go(to);
      this.steps[this.at].focus();
    });
    this.steps = this.model.tokens.map((_, t) => make("button", { type: "button", class: "pictured", onclick: () => this.go(t) }));
    this.strip.append(...this.steps.map((step) => make("li", {}, step)));
    this.at = 0;
    this.load(Object.keys(this.model.settings).at(-1));
  }

  /** Take over the gates of a setting. */
  load(name) {
    this.gates = structuredClone(this.model.settings[name]);
    for (const choice of this.choices) choice.setAttribute("aria-pressed", String(choice.textContent === name));
    this.show();
  }

  /** A slider has moved: one gate of the chosen step has a new value. */
  set(name) {
    this.gates[name][this.at] = Number(this.knobs[name].value);
    for (const choice of this.choices) choice.setAttribute("aria-pressed", "false");
    this.show();
  }

  go(t) {
    this.at = Math.min(Math.max(t, 0), this.T - 1);
    this.show();
    const step = this.steps[this.at].parentElement;
    const { left, width } = step.getBoundingClientRect();
    const strip = this.strip.getBoundingClientRect();
    this.strip.scrollLeft += left + width / 2 - strip.left - strip.width / 2;
  }

  show() {
    const result = run(this.gates);
    const reach = Math.max(1, ...result.c.map(Math.abs));
    this.steps.forEach((step, t) => {
      const bars = ROWS.map(([name, words, signed]) => {
        const value = result[name][t];
        const bar = make("span", { class: `bar ${name} ${value < 0 ? "negative" : "positive"}${signed ? " signed" : ""}`, "aria-hidden": "true" });
        bar.style.setProperty("--length", (Math.abs(value) / (name === "c" ? reach : 1)).toFixed(4));
        return make("span", { class: "line" }, unseen(`${words} `), bar, make("span", { class: "value" }, number(value)), unseen(", "));
      });
      step.replaceChildren(unseen(`Step ${t + 1}, `), make("span", { class: "token" }, this.model.tokens[t]), unseen(": "), ...bars);
      if (t === this.at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    const now = Object.fromEntries(GATES.map(([name]) => [name, this.gates[name][this.at]]));
    for (const [name] of GATES) {
      this.knobs[name].value = now[name];
      this.shown[name].textContent = number(now[name]);
    }
    const before = this.at ? result.c[this.at - 1] : 0;
    this.heading.textContent = `Step ${this.at + 1} of ${this.T}: “${this.model.tokens[this.at]}”`;
    this.sum.replaceChildren(...written(`*c* = *f* · *c* before + *i* · *g* = ${factor(now.f)} · ${factor(before)} + ${factor(now.i)} · ${factor(now.g)} = ${number(result.c[this.at])}, `
      + `*h* = *o* · tanh(*c*) = ${number(result.h[this.at])}. Of a change of *c* here, ${number(result.path[this.at])} reaches the last step.`));
  }
}

export const build = figures("lstm-cell", Cell);
