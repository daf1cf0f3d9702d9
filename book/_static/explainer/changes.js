// Changes of the network while it reads: states erased, gates shut or opened, and what that costs on the reader's text.
import { make } from "../touch/frame.js";
import { LINES } from "./strip.js";
import { bits, drawn, hint, select, signed, source, title } from "./words.js";

const EVER = 1e9;
const KINDS = {
  erase: ["erase the cell state c (set it to 0)", "c", 0],
  blank: ["erase the state h (set it to 0)", "h", 0],
  both: ["erase both c and h", "ch", 0],
  shutf: ["shut the forget gate f (0: keep nothing)", "f", 0],
  openf: ["open the forget gate f (1: keep all)", "f", 1],
  shuti: ["shut the input gate i (0: write nothing)", "i", 0],
  shuto: ["shut the output gate o (0: show nothing)", "o", 0],
  shutz: ["shut the update gate z (0: keep nothing)", "z", 0],
  openz: ["open the update gate z (1: keep all)", "z", 1],
  shutr: ["shut the reset gate r (0: look at no past)", "r", 0],
  held: ["hold the state at its average", "held", null],
};
const TIMES = { here: "at this step only", on: "from this step on", ever: "at every step" };
const [WIDE, HIGH, LEFT] = [640, 130, 58];

export class Changes {
  constructor(app) {
    this.app = app;
    this.kind = select("", {}, () => {}, { "aria-label": "Change" });
    this.unit = select("", { all: "of all units", one: "of this unit" }, () => {}, { "aria-label": "Which units" });
    this.when = select("", TIMES, () => {}, { "aria-label": "When" });
    this.selects = [this.kind, this.unit, this.when];
    const button = (label, onclick) => make("button", { type: "button", onclick }, label);
    this.list = make("ul", { class: "made" });
    this.result = make("p", { class: "result", role: "status" });
    this.graph = make("div", {});
    this.where = make("div", {});
    this.element = make("div", { class: "changes" }, title("Change the network while it reads"),
      hint("Choose and apply; the network reads the text again. A bar says what each character costs more (up) or less (down) than without the change."),
      make("div", { class: "bar" }, this.kind.label, this.unit.label, this.when.label, button("Apply", () => this.add()), button("Undo all", () => this.undo())),
      this.list, this.graph, this.result, this.where);
  }

  renew() {
    const { app, kind: { element } } = this;
    const before = element.value;
    const fitting = Object.entries(KINDS).filter(([, [, what]]) => [...(what === "held" ? [what] : what)].every((one) => app.possible(one)));
    element.replaceChildren(...fitting.map(([value, [words]]) => make("option", { value }, words)));
    if (fitting.some(([value]) => value === before)) element.value = before;
    this.where.replaceChildren(source(...LINES[app.kind]));
  }

  /** The changes that the three choices stand for, at a step and a unit. */
  meant() {
    const { app } = this;
    const [kind, unit, when] = this.selects.map(({ element: { value } }) => value);
    const [words, what, value] = KINDS[kind];
    const { at } = app;
    const [from, to] = { here: [at, at], on: [at, EVER], ever: [0, EVER] }[when];
    const all = unit === "all";
    const said = () => `${words}, ${all ? "all units" : `unit ${one}`}, ${TIMES[when].replace("this step", `step ${at + 1}${at < app.ids.length ? ` (“${drawn(app.net.tokens[app.ids[at]])}”)` : ""}`)}`;
    const one = app.unit;
    const units = !all ? [one] : value === null ? Array.from({ length: app.net.H }, (_, k) => k) : [-1];
    return (what === "held" ? [what] : [...what]).flatMap((name) => units.map((k) => ({ what: name, unit: k, from, to, value: value ?? app.known[k].mean, said })));
  }

  /** Make a change: the one that the three choices name, or one that a question asks for. */
  add(...choices) {
    const { app } = this;
    if (!app.ids.length) return;
    choices.forEach((value, k) => { this.selects[k].element.value = value; });
    app.changes = [...app.changes, ...this.meant()];
    app.text.colour("change");
    app.rerun();
  }

  undo() {
    this.app.changes = [];
    this.app.text.colour("surprise");
    this.app.rerun();
  }

  /** Bits of surprise that each character costs more than without the changes. */
  extra() {
    const { app } = this;
    return app.ids.map((_, t) => (t ? app.surprise(t) - app.surprise(t, app.plain) : 0));
  }

  reread() {
    const { app } = this;
    this.list.replaceChildren(...[...new Set(app.changes.map(({ said }) => said()))].map((said) => make("li", {}, said)));
    this.result.textContent = app.changes.length && app.ids.length > 1 ? this.outcome() : "Nothing is changed.";
    this.graph.replaceChildren(...(app.changes.length ? [this.draw()] : []));
  }

  outcome() {
    const { app } = this;
    const extra = this.extra();
    const mean = (steps) => app.ids.reduce((sum, _, t) => sum + (t ? app.surprise(t, steps) : 0), 0) / (app.ids.length - 1);
    const touched = extra.flatMap((value, t) => (Math.abs(value) > 0.1 ? [t] : []));
    const last = touched.at(-1);
    return `Bits of surprise per character: ${mean(app.plain).toFixed(2)} as trained, ${mean(app.steps).toFixed(2)} changed; a blind guess would cost ${bits(Math.log2(app.net.V))}. `
      + (touched.length ? `The change moves ${touched.length} of ${app.ids.length} characters by over 0.1 bits, the last of them “${drawn(app.net.tokens[app.ids[last]])}” at step ${last + 1}.`
        : "It moves no character by over 0.1 bits.");
  }

  /** What each character costs more (up, orange) or less (down, blue). */
  draw() {
    const { app } = this;
    const extra = this.extra();
    const most = Math.max(0.5, ...extra.map(Math.abs));
    const [middle, step] = [HIGH / 2, (WIDE - LEFT) / app.ids.length];
    const bars = extra.map((value, t) => make("rect", { class: value < 0 ? "less" : "more", x: LEFT + t * step, width: Math.max(step - 0.6, 0.8),
      y: value < 0 ? middle : middle - value / most * (middle - 4), height: Math.abs(value) / most * (middle - 4) }));
    return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `What each character costs more than without the change, from ${signed(Math.min(...extra), 1)} to ${signed(Math.max(...extra), 1)} bits.` },
      make("line", { class: "axis", x1: LEFT, x2: WIDE, y1: middle, y2: middle }), ...bars,
      make("text", { x: LEFT - 8, y: 18, class: "end" }, `+${bits(most)}`), make("text", { x: LEFT - 8, y: HIGH - 3, class: "end" }, `−${bits(most)}`),
      make("text", { x: LEFT - 8, y: middle + 4, class: "end" }, "bits"));
  }

  show() {}
}
