// A part of the text, a column a character: the surprise, what the network expected next, and the units as a heat map.
import { make } from "../touch/frame.js";
import { drawn, hint, select, signed, source, title } from "./words.js";

const COLUMN = 22;
const GUTTER = 74;
const [SIGN, SURPRISE, NEXT, GAP] = [24, 36, 104, 20]; // heights of the rows above the heat map, and of the gaps
const TOP = SIGN + SURPRISE + NEXT + GAP;
const MOST = 10; // bits at the foot of the surprise row

/** What a heat map can show, by kind of network: the name, and how to read it from a step. */
const QUANTITIES = {
  LSTM: {
    c: ["tanh(c): what is kept", (step) => step.c.map(Math.tanh)],
    h: ["state h: what is shown", (step) => step.h],
    f: ["forget gate f: keep?", (step) => step.gates.f],
    i: ["input gate i: write?", (step) => step.gates.i],
    g: ["candidate g: what?", (step) => step.gates.g],
    o: ["output gate o: show?", (step) => step.gates.o],
  },
  GRU: {
    h: ["state h", (step) => step.h],
    z: ["update gate z: keep?", (step) => step.gates.z],
    r: ["reset gate r: look back?", (step) => step.gates.r],
    n: ["candidate n: what?", (step) => step.gates.n],
  },
  RNN: { h: ["state h", (step) => step.h] },
};
export const LINES = {
  LSTM: ["Chapter 9", "09_lstm.html", "c[t + 1] = f * c[t] + i * g", "LSTM"],
  GRU: ["Chapter 10", "10_gru.html", "h[t + 1] = (1 - z) * n + z * h[t]", "GRU"],
  RNN: ["Chapter 3", "03_layers_of_an_rnn.html", "h[t + 1] = f(a_x[t] + h[t] @ W_hh.T)", "RNN"],
};

/** What a unit may follow, by name: words for it, and its value after each step of a text; `signs` are the reader's. */
export const FOLLOWED = {
  name: ["speakers' names", (text) => {
    const inside = [...text].fill(0);
    for (const found of text.matchAll(/(?:^|\n\n)([^\n:]+):/g)) inside.fill(1, found.index + found[0].length - 1 - found[1].length, found.index + found[0].length - 1);
    return inside;
  }],
  line: ["the place in the line", (text) => [...text].map((_, t) => t - text.lastIndexOf("\n", t))],
  signs: ["the characters", (text, signs) => [...text].map((sign) => (signs.includes(sign) ? 1 : 0))],
};

/** Correlation of two series; 0 where one of them does not change. */
export function correlation(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [from, to] = [mean(a), mean(b)];
  const sum = (f) => a.reduce((total, _, t) => total + f(a[t] - from, b[t] - to), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y) || Infinity);
}

const rgb = (colour) => {
  const found = colour.trim().match(/^#(..)(..)(..)$/)?.slice(1).map((part) => Number.parseInt(part, 16));
  return found ?? colour.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [128, 128, 128];
};
const percentage = (share) => `${(100 * share).toFixed(1)} %`;
const mixed = (a, b, share) => `rgb(${a.map((from, k) => Math.round(from + (b[k] - from) * share)).join(" ")})`;

export class Strip {
  constructor(app) {
    this.app = app;
    this.from = 0;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.field = make("div", { class: "field", tabindex: 0, role: "group", onkeydown: (event) => app.key(event, this.order) }, this.canvas);
    this.quantity = select("Show", {}, () => { this.reread(); app.show(); });
    this.sort = select("Sort by", { activity: "activity in this text", memory: "how long it keeps", number: "number",
      ...Object.fromEntries(Object.entries(FOLLOWED).map(([name, [words]]) => [name, `follows ${words}`])) }, () => this.reread());
    this.signs = make("input", { type: "text", value: "?!.", size: 6, "aria-label": "Characters to follow", oninput: () => this.reread() });
    this.all = make("input", { type: "checkbox", onchange: () => app.show() });
    const colour = make("button", { type: "button", onclick: () => { app.text.colour("unit"); app.text.element.scrollIntoView({ block: "nearest" }); } }, "Show it in the whole text");
    this.unit = make("input", { type: "number", min: 0, max: 127, onchange: () => app.look(this.unit.value === "" ? app.unit : Math.round(Number(this.unit.value))) });
    this.pointed = make("p", { class: "pointed" });
    this.where = make("div", {});
    this.element = make("div", { class: "strip" },
      make("div", { class: "bar" }, title("Character by character"), this.quantity.label, this.sort.label, this.signs,
        make("label", {}, this.all, " all units"), make("label", {}, "Unit (0–127) ", this.unit), colour),
      hint("A column a character: its surprise, what the network then expected (what did follow is dark), and a row for each unit, in the order that “Sort by” names. Press a square to look at that unit at that step."),
      this.scale = make("p", { class: "legend scale" }),
      this.field, this.pointed, this.where);
    this.point();
  }

  /** Another kind of network: what can be shown of it. */
  renew() {
    const { kind } = this.app;
    const before = this.kept || this.quantity.element.value; // the LSTM has quantities that come back with it
    this.kept = before in QUANTITIES[kind] ? undefined : before;
    this.quantity.element.replaceChildren(...Object.entries(QUANTITIES[kind]).map(([value, [words]]) => make("option", { value }, words)));
    if (before in QUANTITIES[kind]) this.quantity.element.value = before;
    this.sort.element.options[1].hidden = kind === "RNN";
    this.where.replaceChildren(source(...LINES[kind]));
  }

  values(step) { return QUANTITIES[this.app.kind][this.quantity.element.value][1](step); }

  /** The order of the units for the text as it is read now. */
  reread() {
    const { net, plain, kind, ids } = this.app;
    const { value } = this.sort.element;
    const sort = value === "memory" && kind === "RNN" ? "activity" : value;
    const text = ids.map((id) => net.tokens[id]).join("");
    this.signs.hidden = sort !== "signs";
    this.follows = this.keeps = null;
    const units = Array.from({ length: net.H }, (_, k) => k);
    const mean = (f) => units.map((k) => plain.reduce((sum, step) => sum + f(step, k), 0) / Math.max(plain.length, 1));
    const rank = {
      number: () => units.map((k) => -k),
      memory: () => (this.keeps = mean((step, k) => step.gates[kind === "LSTM" ? "f" : "z"][k])),
      activity: () => {
        const values = plain.map((step) => this.values(step));
        const middle = units.map((k) => values.reduce((sum, one) => sum + one[k], 0) / Math.max(values.length, 1));
        return units.map((k) => values.reduce((sum, one) => sum + (one[k] - middle[k]) ** 2, 0));
      },
    };
    const followed = () => {
      const wanted = FOLLOWED[sort][1](text, this.signs.value);
      const shown = plain.map((step) => this.values(step));
      this.follows = units.map((k) => correlation(shown.map((one) => one[k]), wanted));
      return this.follows.map(Math.abs);
    };
    const worth = (rank[sort] ?? followed)();
    const { pinned } = this.app; // rows that a question asks about come first
    this.order = [...pinned, ...units.filter((k) => !pinned.includes(k)).sort((a, b) => worth[b] - worth[a] || a - b)];
    if (this.app.unit < 0) [this.app.unit] = this.order;
    this.show();
  }

  /** What the rows are sorted by, for one unit. */
  standing(unit) {
    const [words] = FOLLOWED[this.sort.element.value] ?? [];
    if (this.follows) return `Its correlation with ${words}${this.signs.hidden ? "" : ` ${this.signs.value}`} is ${signed(this.follows[unit])} in this text. `;
    if (!this.keeps) return "";
    const half = Math.log(0.5) / Math.log(this.keeps[unit]);
    return `It keeps ${percentage(this.keeps[unit])} at a step, on average; ${half < 1 ? "half of what it had is gone within one step" : `at that rate half is left after ${Math.round(half)} step${half < 1.5 ? "" : "s"}`}. `;
  }

  /** Pointing names a unit and a step; pressing chooses them, and a mouse drags the step along: fingers scroll. */
  point() {
    const { field, app } = this;
    const place = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const t = this.from + Math.floor((event.clientX - box.left - GUTTER) / COLUMN);
      const y = event.clientY - box.top;
      return { t: Math.max(0, Math.min(t, app.ids.length - 1)), unit: this.rows.findLast((_, row) => y >= TOP && y >= this.top(row)) };
    };
    const choose = (event) => {
      if (!app.ids.length) return;
      const at = place(event);
      app.unit = at.unit ?? app.unit;
      app.go(at.t);
    };
    field.addEventListener("pointermove", (event) => {
      if (!app.ids.length) return;
      const at = place(event);
      if (this.held) app.go(at.t);
      this.tell(at.unit ?? app.unit, at.t);
    });
    field.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse") return;
      this.held = true;
      field.setPointerCapture(event.pointerId);
      choose(event);
    });
    field.addEventListener("click", (event) => event.pointerType !== "mouse" && choose(event)); // a tap
    for (const end of ["pointerup", "pointercancel"]) field.addEventListener(end, () => { this.held = false; });
    field.addEventListener("pointerleave", () => this.tell(app.unit, app.at));
  }

  /** The line under the heat map: one unit after one character. */
  tell(unit, t) {
    const { app } = this;
    const read = app.ids.slice(Math.max(0, t - 11), t + 1).map((id) => drawn(app.net.tokens[id])).join("");
    const [{ value }, step] = [this.quantity.element, app.steps[t]];
    const state = value === "c" ? ` c itself is ${signed(step.c[unit])}.` : ""; // tanh(c) soon says no more than its sign
    this.pointed.replaceChildren(`Unit ${unit} after `, make("b", {}, read), `: ${state ? "tanh(c)" : value} = ${signed(this.values(step)[unit])}.${state} ${this.standing(unit)}`,
      ...this.contexts(unit));
  }

  contexts(unit) {
    const { high, low } = this.app.known[unit];
    const list = (found) => found.flatMap((context, k) => [k ? ", " : "", make("code", {}, context.replaceAll("\n", drawn("\n")))]);
    return ["In the training text its h was highest after ", ...list(high), "; lowest after ", ...list(low), "."];
  }

  show() {
    const { app, canvas } = this;
    if (!this.order || !app.ids.length) return;
    this.unit.value = app.unit;
    const gate = /[fiozr]/.test(this.quantity.element.value);
    this.scale.replaceChildren(gate ? "" : "−1 ", make("span", { class: gate ? "ramp gate" : "ramp" }), gate ? " from 0 (shut) to 1 (open)" : " 1; without colour, 0");
    const wide = this.field.clientWidth;
    if (!wide) return;
    const columns = Math.max(1, Math.floor((wide - GUTTER) / COLUMN));
    const last = Math.max(0, app.ids.length - columns);
    if (app.at < this.from + 2 || app.at > this.from + columns - 3) this.from = app.at - Math.floor(columns / 2);
    this.from = Math.max(0, Math.min(this.from, last));
    const many = this.all.checked;
    const coarse = matchMedia("(pointer: coarse)").matches; // a finger wants higher rows
    const shown = many ? this.order : this.order.slice(0, coarse ? 12 : 20);
    this.apart = !shown.includes(app.unit); // the unit looked at, below those that come first
    if (this.apart) shown[shown.length - 1] = app.unit;
    Object.assign(this, { rows: shown, high: many ? 4 : coarse ? 24 : 13 });
    const tall = this.top(shown.length) + 2;
    const scale = devicePixelRatio;
    Object.assign(canvas, { width: wide * scale, height: tall * scale });
    canvas.style.height = `${tall}px`;
    this.pen = canvas.getContext("2d");
    this.pen.scale(scale, scale);
    const style = getComputedStyle(app.root);
    const names = { ink: "--pst-color-text-base", quiet: "--quiet", line: "--line", ground: "--pst-color-background", blue: "--accent", orange: "--second" };
    this.colours = Object.fromEntries(Object.entries(names).map(([name, variable]) => [name, rgb(style.getPropertyValue(variable))]));
    this.mono = style.getPropertyValue("--book-mono") || "monospace";
    this.serif = style.fontFamily;
    this.labels();
    for (let t = this.from; t < Math.min(this.from + columns, app.ids.length); t += 1) this.column(t, GUTTER + (t - this.from) * COLUMN);
    this.frame(columns);
    this.tell(app.unit, app.at);
    this.field.setAttribute("aria-label", `Text and units. Arrow keys: left and right move the step, up and down choose the unit. Step ${app.at + 1}, unit ${app.unit}.`);
  }

  /** Where a row of the heat map begins. */
  top(row) { return TOP + row * this.high + (this.apart && row >= this.rows.length - 1 ? GAP / 2 : 0); }

  ink(name, share = 1) { return share === 1 ? `rgb(${this.colours[name].join(" ")})` : mixed(this.colours.ground, this.colours[name], share); }

  write(words, x, y, { size = 12, colour = "ink", align = "center", bold = false, face = this.mono } = {}) {
    const { pen } = this;
    pen.font = `${bold ? "700 " : ""}${size}px ${face}`;
    Object.assign(pen, { textAlign: align, textBaseline: "middle", fillStyle: this.ink(colour) });
    pen.fillText(words, x, y);
  }

  labels() {
    const label = (words, y) => this.write(words, GUTTER - 6, y, { size: 12.5, colour: "quiet", align: "right", face: this.serif });
    label("reads", SIGN / 2);
    label("surprise", SIGN + SURPRISE / 2);
    label("next?", SIGN + SURPRISE + NEXT / 2);
    const worth = (unit) => (this.follows ? signed(this.follows[unit]) : this.keeps ? percentage(this.keeps[unit]) : "");
    if (this.high > 8) for (const [row, unit] of this.rows.entries()) label(`${worth(unit) ? "" : "unit "}${unit} ${worth(unit)}`.trim(), this.top(row) + this.high / 2);
    else label("units", TOP + this.rows.length * this.high / 2);
  }

  column(t, x) {
    const { app, pen } = this;
    const sign = app.net.tokens[app.ids[t]];
    this.write(drawn(sign), x + COLUMN / 2, SIGN / 2, { size: 15, bold: t === app.at, colour: sign.trim() ? "ink" : "quiet" });
    const cost = app.surprise(t);
    if (cost !== null) {
      const high = (SURPRISE - 6) * Math.min(cost / MOST, 1);
      pen.fillStyle = this.ink("orange");
      pen.fillRect(x + 5, SIGN + SURPRISE - 3 - high, COLUMN - 10, high);
    }
    this.stack(t, x);
    const values = this.values(app.steps[t]);
    this.rows.forEach((unit, row) => {
      pen.fillStyle = this.ink(values[unit] < 0 ? "orange" : "blue", Math.abs(values[unit]));
      pen.fillRect(x + 0.5, this.top(row), COLUMN - 1, this.high - (this.high > 8 ? 1 : 0));
    });
  }

  /** What the network expects after step t: a share of the column for each character, the likeliest on top. */
  stack(t, x) {
    const { app, pen } = this;
    let y = SIGN + SURPRISE;
    app.best(t).slice(0, 12).forEach(({ v, sign, p }, rank) => {
      const high = p * NEXT;
      if (high < 1) return;
      const came = v === app.ids[t + 1];
      pen.fillStyle = this.ink(came ? "ink" : "quiet", came ? 0.75 : 0.3 - 0.1 * (rank % 2));
      pen.fillRect(x + 1, y, COLUMN - 2, high - 0.5);
      if (high >= 11) this.write(drawn(sign), x + COLUMN / 2, y + high / 2, { size: 12, colour: came ? "ground" : "ink", bold: came });
      y += high;
    });
  }

  frame(columns) {
    const { app, pen } = this;
    const x = GUTTER + (app.at - this.from) * COLUMN;
    pen.strokeStyle = this.ink("ink");
    pen.lineWidth = 1.5;
    pen.strokeRect(x + 0.25, 1, COLUMN - 0.5, this.top(this.rows.length));
    pen.strokeRect(GUTTER, this.top(this.rows.indexOf(app.unit)) - 0.5, Math.min(columns, app.ids.length - this.from) * COLUMN, this.high);
  }
}

