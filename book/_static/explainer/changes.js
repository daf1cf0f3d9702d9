// Changes of the network while it reads: states erased, gates shut or opened, and what that costs on the reader's text.
import { make } from "../touch/frame.js";
import { FOLLOWED, LINES } from "./strip.js";
import { bits, drawn, hint, select, signed, source, title } from "./words.js";

const EVER = 1e9;
const KINDS = {
  erase: ["erase the cell state c before the step (0)", "c", 0],
  blank: ["erase the state h before the step (0)", "h", 0],
  both: ["erase both c and h before the step (0)", "ch", 0],
  shutf: ["shut the forget gate f (0: keep nothing)", "f", 0],
  openf: ["open the forget gate f (1: keep all)", "f", 1],
  shuti: ["shut the input gate i (0: write nothing)", "i", 0],
  shuto: ["shut the output gate o (0: show nothing)", "o", 0],
  shutz: ["shut the update gate z (0: keep nothing)", "z", 0],
  openz: ["open the update gate z (1: keep all)", "z", 1],
  shutr: ["shut the reset gate r (0: look at no past)", "r", 0],
  held: ["hold the new state at its average", "held", null],
};
const TIMES = { here: "at this step only", on: "from this step on", ever: "at every step" };
const [WIDE, HIGH, LEFT] = [640, 110, 58];
const [BEFORE, SPAN] = [8, 40]; // characters before the step that the bars show, and in all

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
      hint("Choose and apply; the network reads the text again. Bars say what the characters around the step cost more (up) or less (down) than without the change."),
      make("div", { class: "bar" }, this.kind.label, this.unit.label, this.when.label, button("Apply", () => this.add()), button("Undo all", () => this.undo())),
      this.list, this.graph, this.result, this.where);
  }

  renew() {
    const { app, kind: { element } } = this;
    const before = element.value;
    const { net: { gates }, kind } = app;
    const possible = (what) => what === "h" || what === "held" || (kind === "LSTM" && what.startsWith("c")) || (kind !== "RNN" && gates.includes(what));
    const fitting = Object.entries(KINDS).filter(([, [, what]]) => possible(what));
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
  extra(steps = this.app.steps) {
    const { app } = this;
    return app.ids.map((_, t) => (t ? app.surprise(t, steps) - app.surprise(t, app.plain) : 0));
  }

  reread() {
    const { app } = this;
    this.list.replaceChildren(...[...new Set(app.changes.map(({ said }) => said()))].map((said) => make("li", {}, said)));
    this.result.textContent = app.changes.length && app.ids.length > 1 ? this.outcome()
      : this.dropped ? "The change is undone, for this network has other units." : "Nothing is changed.";
    this.dropped = false;
  }

  outcome() {
    const { app } = this;
    const extra = this.extra();
    const mean = (steps) => app.ids.reduce((sum, _, t) => sum + (t ? app.surprise(t, steps) : 0), 0) / (app.ids.length - 1);
    const touched = extra.flatMap((value, t) => (Math.abs(value) > 0.1 ? [t] : []));
    const last = touched.at(-1);
    return `Bits of surprise per character: ${mean(app.plain).toFixed(2)} as trained, ${mean(app.steps).toFixed(2)} changed; a blind guess would cost ${bits(Math.log2(app.net.V))}. `
      + (touched.length ? `The change moves ${touched.length} of ${app.ids.length} characters by over 0.1 bits, the last of them “${drawn(app.net.tokens[app.ids[last]])}” at step ${last + 1}.`
        : "It moves no character by over 0.1 bits.") + this.apart(extra);
  }

  /** Whether what it costs is in the names of speakers, where the text has some. */
  apart(extra) {
    const inside = FOLLOWED.name[1](this.app.ids.map((id) => this.app.net.tokens[id]).join(""));
    const mean = (where) => {
      const values = extra.filter((_, t) => t && inside[t] === where);
      return values.length ? signed(values.reduce((sum, value) => sum + value, 0) / values.length) : "";
    };
    return mean(1) && mean(0) ? ` Per character it costs ${mean(1)} bits more inside speakers' names, and ${mean(0)} elsewhere.` : "";
  }

  /** What each character near the step costs more (up, orange) or less (down, blue); `all` sets the scale, a line stands before `mark`. */
  draw(extra = this.extra(), all = extra, mark = -1) {
    const { app: { at, ids, net } } = this;
    const [most, least] = [Math.max(0.5, ...all), Math.max(0, ...all.map((value) => -value))];
    const from = Math.max(0, Math.min(at - BEFORE, ids.length - SPAN));
    const shown = extra.slice(from, from + SPAN);
    const step = Math.min((WIDE - LEFT) / shown.length, 20);
    const y = (value) => 4 + (most - value) / (most + least) * (HIGH - 8);
    const bars = shown.flatMap((value, k) => [
      make("rect", { class: value < 0 ? "less" : "more", x: LEFT + k * step, width: step - 0.6, y: y(Math.max(value, 0)), height: y(0) - y(Math.abs(value)) }),
      make("text", { x: LEFT + (k + 0.5) * step, y: HIGH + 14, class: from + k === at ? "mid small strong" : "mid small" }, drawn(net.tokens[ids[from + k]]))]);
    const line = (kind, x1, x2, y1, y2) => make("line", { class: kind, x1, x2, y1, y2 });
    const scale = (value, words) => make("text", { x: LEFT - 8, y: y(value) + 11, class: "end" }, words);
    const after = LEFT + (mark - from) * step;
    return make("svg", { viewBox: `0 0 ${WIDE} ${HIGH + 20}`, role: "img", "aria-label": `What characters cost more than without the change, from ${signed(Math.min(...extra), 1)} to ${signed(Math.max(...extra), 1)} bits.` },
      line("axis", LEFT, WIDE, y(0), y(0)), ...bars, after > LEFT ? line("edge", after, after, 4, HIGH) : "",
      scale(most, `+${bits(most)}`), scale(0, "0"), least > most / 3 ? scale(-least, `−${bits(least)}`) : "");
  }

  show() { this.graph.replaceChildren(...(this.app.changes.length ? [this.draw()] : [])); }
}
