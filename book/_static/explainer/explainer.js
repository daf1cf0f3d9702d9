// The RNN Explainer: a trained network reads the reader's text, and every number can be seen. This file holds what the
// parts of the page share: the text, the network, the step and the unit looked at, and the changes made to the network.
import { make } from "../touch/frame.js";
import { Changes } from "./changes.js";
import { backward, encode, GATES, length, run, unpack } from "./model.js";
import { Questions } from "./questions.js";
import { Sources } from "./sources.js";
import { Step } from "./step.js";
import { Strip } from "./strip.js";
import { Text } from "./text.js";
import { bits, named, percent, signed } from "./words.js";

const LONGEST = 400; // characters read
const PACE = 350; // milliseconds a step
const asked = {}; // files, each asked for once

/** A file of this folder. */
function file(name, kind) {
  asked[name] ??= fetch(new URL(name, import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer[kind]();
  }).catch((error) => { delete asked[name]; throw error; });
  return asked[name];
}

const nets = {};
/** A network, loaded when it is first asked for. */
export async function network(kind) {
  const [{ tokens, hidden }, weights] = await Promise.all([file("facts.json", "json"), file(`${kind.toLowerCase()}.f16`, "arrayBuffer")]);
  return nets[kind] ??= unpack(kind, tokens, hidden, weights);
}

class Explainer {
  constructor(root) {
    this.root = root;
    this.kind = this.wanted = "LSTM"; // the one that reads, and the one that is on its way
    Object.assign(this, { at: Infinity, unit: 0, changes: [], steps: [], pinned: [], units: {}, plain: [], ids: [], places: [], signs: [] });
    this.input = make("textarea", { rows: 3, spellcheck: "false", autocapitalize: "off", autocomplete: "off", oninput: () => this.typed() });
    const sent = new URLSearchParams(location.hash.slice(1)).get("text"); // from the line on the first page
    this.input.value = sent || root.dataset.text;
    this.complaint = make("p", { class: "complaint", role: "alert" });
    this.status = make("p", { class: "status", role: "status" });
    this.kinds = make("select", { "aria-label": "Network", onchange: () => this.use(this.kinds.value) },
      ...Object.keys(GATES).map((kind) => make("option", { value: kind }, { LSTM: "LSTM", GRU: "GRU", RNN: "tanh RNN" }[kind])));
    this.parts = [new Text(this), new Strip(this), new Step(this), new Changes(this), new Sources(this)];
    const [text, strip, step, changing, sources] = this.parts;
    Object.assign(this, { text, strip, changing, sources });
    this.questions = new Questions(this);
    this.parts.push(this.questions);
    this.start = make("button", { type: "button", class: "start" }, "Let the network read it (loads 0.2 MB)");
    this.poster = make("div", {}, ...root.childNodes);
    text.element.append(this.controls(), text.about);
    this.whole = make("div", { class: "whole" }, this.status, text.element);
    this.live = make("div", { class: "live" }, strip.element, step.element, changing.element, sources.element);
    const own = make("label", {}, `Your text, up to ${LONGEST} characters`, this.input);
    this.whole.hidden = this.live.hidden = true;
    root.replaceChildren(own, this.complaint, this.start, this.whole, this.questions.element, this.poster, this.live);
    root.classList.add("touch-frame");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "RNN Explainer");
    for (const part of [own, this.start, this.poster]) { // not the questions, which would move from under the pointer: they wake it themselves
      for (const touch of ["pointerdown", "focusin"]) part.addEventListener(touch, () => this.net || this.wake());
    }
    root.addEventListener("keydown", ({ key }) => key === "Escape" && !this.questions.card.hidden && this.questions.restore());
    new MutationObserver(() => this.show()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.show()).observe(this.live);
    if (sent) this.wake();
  }

  /** Buttons and the slider that move the step. */
  controls() {
    const button = (words, label, onclick) => make("button", { type: "button", "aria-label": label, onclick }, words);
    this.slider = make("input", { type: "range", min: 1, max: 1, step: 1, "aria-label": "Step", oninput: () => this.go(Number(this.slider.value) - 1) });
    this.player = button("▶ Play", "▶ Play", () => this.play());
    this.moves = matchMedia("(prefers-reduced-motion: reduce)");
    const offer = () => { this.player.hidden = this.moves.matches; this.stop(); };
    this.moves.addEventListener("change", offer);
    this.player.hidden = this.moves.matches;
    return make("div", { class: "controls" }, button("‹ Back", "‹ Back one step", () => this.go(this.at - 1)),
      button("Step ›", "Step › forward", () => this.go(this.at + 1)), this.player, this.slider, make("label", {}, "Network ", this.kinds));
  }

  /** The first touch: the network is fetched, and all parts come to life. */
  wake() {
    this.awake ??= this.use(this.wanted);
    return this.awake;
  }

  async use(kind) {
    this.kinds.value = this.wanted = kind;
    this.awake ??= Promise.resolve();
    try {
      const [net, units, { measured }] = await Promise.all([network(kind), file(`${kind.toLowerCase()}.json`, "json"), file("facts.json", "json")]);
      if (kind !== this.wanted) return;
      const another = this.net && kind !== this.kind;
      if (another) this.units[this.kind] = this.unit; // each network has its own
      this.changing.dropped = another && this.changes.length > 0; // and a change of one says nothing about another
      if (another) this.changes = [];
      if (this.changing.dropped) this.text.tint.element.value = "surprise";
      Object.assign(this, { kind, net, measured, known: units.map(([high, low, mean]) => ({ high: high.split("|"), low: low.split("|"), mean })) });
    } catch (error) {
      this.awake = undefined;
      this.complaint.textContent = `The network could not be loaded (${error.message}). Touch the text to try again.`;
      return;
    }
    const begun = document.activeElement === this.start;
    this.start.hidden = this.poster.hidden = true;
    this.whole.hidden = this.live.hidden = false;
    for (const part of this.parts) part.renew?.();
    if (kind !== "LSTM") this.questions.close();
    this.unit = this.units[kind] ?? -1;
    this.read();
    if (!begun) return;
    this.text.page.focus({ preventScroll: true });
    if (!this.moves.matches) this.play();
  }

  /** The reader writes: the step is that of the character before the caret. */
  typed() {
    const before = this.input.value.slice(0, this.input.selectionEnd);
    this.at = (this.net ? encode(this.net, before).filter(({ id }) => id >= 0) : before).length - 1;
    this.questions.close();
    this.read();
  }

  /** Read the text as it stands. */
  read(aloud = true) {
    if (!this.net) return;
    const signs = encode(this.net, this.input.value);
    const known = signs.filter(({ id }) => id >= 0);
    this.ids = known.slice(0, LONGEST).map(({ id }) => id);
    let step = 0;
    this.signs = signs.map((one) => ({ ...one, t: one.id >= 0 && step < LONGEST ? step++ : -1 }));
    this.places = this.signs.flatMap(({ t }, place) => (t >= 0 ? [place] : []));
    const unknown = [...new Set(signs.filter(({ id }) => id < 0).map(({ sign }) => sign))];
    const others = new Set(signs.flatMap(({ sign, read, id }) => (id >= 0 && sign !== read ? [`${sign} as ${read}`] : [])));
    const said = [
      unknown.length && `The network does not know ${unknown.slice(0, 5).join(" ")}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ""}: left out, and crossed out below.`,
      others.size && `It reads ${[...others].join(", ")}.`,
      known.length > LONGEST && `Only the first ${LONGEST} characters are read.`,
      !known.length && (signs.length ? "Write some letters: they are what the network knows." : "The box is empty: write something, or choose a question."),
    ].filter(Boolean).join(" ");
    if (this.complaint.textContent !== said) this.complaint.textContent = said;
    this.root.classList.toggle("nothing", !known.length);
    this.stop();
    this.plain = run(this.net, this.ids);
    this.slider.max = Math.max(this.ids.length, 1);
    this.at = Math.max(0, Math.min(this.at, this.ids.length - 1));
    this.rerun(aloud);
  }

  /** Read again, with the changes as they are now. */
  rerun(aloud) {
    this.steps = this.changes.length ? run(this.net, this.ids, this.changes) : this.plain;
    for (const part of this.parts) part.reread?.();
    this.go(this.at, aloud);
  }

  /** Put a text in place of what is read, with a step and a unit to look at; what is said aloud is the question. */
  put(text, { at = Infinity, unit = this.unit, pinned = [] } = {}) {
    this.input.value = text;
    Object.assign(this, { changes: [], at, unit, pinned });
    this.read(false);
  }

  go(t, aloud = true) {
    this.at = Math.max(0, Math.min(t, this.ids.length - 1));
    this.show();
    this.say(aloud && !this.playing);
  }

  look(unit) {
    this.unit = Math.max(0, Math.min(unit, this.net.H - 1));
    this.show();
    this.say();
  }

  show() {
    if (!this.net || !this.ids.length) return;
    this.slider.value = this.at + 1;
    this.slider.ariaValueText = `Step ${this.at + 1} of ${this.ids.length}, ${named(this.net.tokens[this.ids[this.at]])}`;
    for (const part of this.parts) part.show();
  }

  /** One sentence about this step; while it plays and when a question is put, screen readers are not told. */
  say(aloud = true) {
    this.status.ariaLive = aloud ? "polite" : "off";
    this.status.textContent = this.ids.length ? this.sentence() : "";
  }

  sentence() {
    const { at, net, steps, unit } = this;
    const cost = this.surprise(at);
    const [best, second] = this.best(at);
    const step = steps[at];
    const value = signed((step.c.length ? step.c : step.h)[unit]);
    const held = step.fixed("held", unit);
    const state = step.c.length
      ? `Unit ${unit} keeps ${percent(step.gates.f[unit])} of its cell state of ${signed(step.before.c[unit])} and adds ${signed(step.gates.i[unit] * step.gates.g[unit])}, which ${held ? `would make ${signed(step.made[unit])}; it is held at ${value}` : `makes ${value}`}.`
      : `Unit ${unit} is ${held ? "held " : ""}at ${value}.`;
    return `Step ${at + 1} of ${this.ids.length}: the network reads “${named(net.tokens[this.ids[at]])}”${cost === null ? "" : `, to which it had given ${percent(2 ** -cost)}: ${bits(cost)} bits of surprise`}. `
      + `It expects “${named(best.sign)}” ${percent(best.p)}, “${named(second.sign)}” ${percent(second.p)}. ${state}${this.changes.length ? " The network is changed." : ""}`;
  }

  /** How surprised the network was by the character of step t, in bits; null for the first. */
  surprise(t, steps = this.steps) {
    return t ? -steps[t - 1].logp[this.ids[t]] / Math.LN2 : null;
  }

  /** What may come after step t, the likeliest first. */
  best(t) {
    return [...this.steps[t].logp].map((logp, v) => ({ v, sign: this.net.tokens[v], p: Math.exp(logp) })).sort((a, b) => b.p - a.p || a.v - b.v);
  }

  /** For every step up to t, how strongly log p(v) after step t depends on the character read there. */
  gradient(t, v, net = this.net, steps = this.steps) {
    return backward(net, steps, t, v).map(length);
  }

  play() {
    if (this.playing) return void this.stop();
    if (this.at >= this.ids.length - 1) this.go(0, false);
    this.player.textContent = this.player.ariaLabel = "❚❚ Pause";
    this.playing = setInterval(() => {
      this.go(this.at + 1);
      if (this.at >= this.ids.length - 1) this.stop();
    }, PACE);
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = 0;
    this.player.textContent = this.player.ariaLabel = "▶ Play";
    this.say();
  }

  /** Arrow keys on a part of the page: across the text, and from line to line, or from unit to unit where `units` is their order. */
  key(event, units) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    this.stop();
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const across = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.ids.length - 1 };
    if (!units && down) across[event.key] = this.text.beside(down);
    if (event.key in across) this.go(across[event.key]);
    else if (units && down) this.look(units[Math.max(0, Math.min(units.indexOf(this.unit) + down, units.length - 1))]);
    else return;
    event.preventDefault();
  }
}

for (const root of document.querySelectorAll(".explainer")) new Explainer(root);
