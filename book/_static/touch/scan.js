// Chapter 17: how steps are joined in rounds, and what that costs. Steps, units, processors and way are the reader's.
import { figures, make, written } from "./frame.js";
import { costs, rounds } from "./rounds.js";

const MARGIN = 12; // CSS pixels: the drawing is as wide as its place
const ROUND = 26;
const grouped = (value) => value.toLocaleString("en");

class Scan {
  constructor(root) {
    const model = JSON.parse(root.dataset.model);
    const knob = (properties) => make("input", { type: "range", oninput: () => this.show(), ...properties });
    this.way = make("select", { onchange: () => this.show() }, ...["doubling", "tree"].map((name) => make("option", { value: name }, name)));
    this.steps = knob({ min: 2, max: 64, step: 1, value: model.T });
    this.units = knob({ min: 0, max: 12, step: 1, value: Math.log2(model.units) });
    this.processors = knob({ min: 0, max: 16, step: 1, value: Math.log2(model.processors) });
    this.labels = [0, 1, 2].map(() => make("span", { class: "value" }));
    this.picture = make("svg", { role: "img" });
    this.facts = make("dl", {});
    this.status = make("p", { class: "status", role: "status" });
    const named = (name, i, input) => make("label", {}, make("span", {}, ...written(name), this.labels[i]), input);
    root.replaceChildren(
      make("p", { class: "title" }, "The rounds of a scan"),
      make("div", { class: "knobs" },
        make("label", {}, "Way", this.way),
        named("Steps *T*: ", 0, this.steps), named("Units: ", 1, this.units), named("Processors: ", 2, this.processors)),
      this.picture, this.facts, this.status,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "The rounds of a scan");
    this.show();
    // Drawn at the next frame: a new height within the observer's own round is reported as an error.
    new ResizeObserver(() => requestAnimationFrame(() => this.picture.clientWidth !== this.wide && this.draw())).observe(this.picture);
  }

  show() {
    const T = Number(this.steps.value);
    const [units, processors] = [2 ** this.units.value, 2 ** this.processors.value];
    [T, units, processors].forEach((value, i) => { this.labels[i].textContent = grouped(value); });
    this.units.setAttribute("aria-valuetext", grouped(units));
    this.processors.setAttribute("aria-valuetext", grouped(processors));
    this.drawn = [T, rounds(this.way.value, T)];
    this.draw();
    const joins = this.drawn[1].reduce((sum, each) => sum + each.length, 0);
    const cost = costs(T, units, processors);
    const facts = [
      ["rounds", this.drawn[1].length], ["joins", joins],
      ...Object.entries(cost).map(([name, value]) => [`operations in a row, ${name}`, value]),
    ];
    this.facts.replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, grouped(value)))));
    const least = Math.min(...Object.values(cost));
    const best = Object.keys(cost).filter((name) => cost[name] === least).join(" and ");
    const what = `${T} steps by ${this.way.value}: ${this.drawn[1].length} rounds, ${grouped(joins)} joins.`;
    const owned = `With ${grouped(processors)} ${processors === 1 ? "processor" : "processors"} and ${grouped(units)} ${units === 1 ? "unit" : "units"}`;
    this.status.textContent = `${what} ${owned} the fewest operations in a row: ${best}, ${grouped(least)}.`;
    this.picture.setAttribute("aria-label", `Drawing of the rounds. ${what}`);
  }

  draw() {
    const [T, all] = this.drawn;
    this.wide = this.picture.clientWidth || 480;
    const HIGH = 2 * MARGIN + ROUND * all.length;
    this.picture.setAttribute("viewBox", `0 0 ${this.wide} ${HIGH}`);
    const x = (t) => MARGIN + (t + 0.5) / T * (this.wide - 2 * MARGIN);
    const y = (round) => MARGIN + ROUND * round;
    const size = T > 32 ? 2 : T > 16 ? 3 : 4;
    const dot = (t, round, kind) => make("rect", { class: kind, x: x(t) - size, y: y(round) - size, width: 2 * size, height: 2 * size, rx: size });
    const parts = [];
    for (let t = 0; t < T; t++) {
      parts.push(make("line", { class: "place", x1: x(t), x2: x(t), y1: y(0), y2: y(all.length) }), dot(t, 0, "given"));
    }
    for (const [round, joins] of all.entries()) {
      for (const [from, to] of joins) {
        parts.push(make("line", { class: "join", x1: x(from), y1: y(round), x2: x(to), y2: y(round + 1) }), dot(to, round + 1, "joined"));
      }
    }
    this.picture.replaceChildren(...parts);
  }
}

export const build = figures("scan", Scan);
