// Chapter 8: how long is the gradient, k steps before the loss? Matrix, scale, function and length are the reader's.
import { backwards } from "./backwards.js";
import { figures, make, written } from "./frame.js";

const LEFT = 52; // CSS pixels: the drawing is as wide as its place, so that text is as large as the page's
const RIGHT = 14;
const TOP = 22;
const BOTTOM = 44;
const FAR = 40; // powers of ten beyond which a curve leaves the picture

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const power = (exponent) => `10${[...String(exponent)].map((c) => SUPERSCRIPTS[c]).join("")}`;
/** A number in two digits: 0.43, 1.0, 12, 3.1·10⁻⁷. */
export function shown(value) {
  if (value === 0) return "0";
  if (value >= 0.095 && value < 99.5) return value.toPrecision(2);
  if (value >= 99.5 && value < 9995) return String(Number(value.toPrecision(2)));
  const [digits, exponent] = value.toExponential(1).split("e");
  return `${digits}·${power(Number(exponent))}`;
}

class Gradients {
  constructor(root) {
    this.model = JSON.parse(root.dataset.model);
    const longest = this.model.x.length;
    const knob = (properties) => make("input", { type: "range", oninput: () => this.show(), ...properties });
    const choice = (names) => make("select", { onchange: () => this.show() }, ...names.map((name) => make("option", { value: name }, name)));
    this.scale = knob({ min: 0.1, max: 2, step: 0.05, value: 1 });
    this.steps = knob({ min: 10, max: longest, step: 10, value: Math.min(100, longest) });
    this.matrix = choice(Object.keys(this.model.matrices));
    this.nonlinearity = choice(["tanh", "relu", "identity"]);
    this.scaleShown = make("span", { class: "value" });
    this.stepsShown = make("span", { class: "value" });
    this.picture = make("svg", { role: "img" });
    this.facts = make("dl", {});
    this.status = make("p", { class: "status", role: "status" });
    root.replaceChildren(
      make("p", { class: "title" }, "A gradient on its way back"),
      make("div", { class: "knobs" },
        make("label", {}, ...written("Recurrent matrix *W*"), this.matrix),
        make("label", {}, ...written("Function *f*"), this.nonlinearity),
        make("label", {}, make("span", {}, ...written("Scale *g* = "), this.scaleShown), this.scale),
        make("label", {}, make("span", {}, ...written("Steps *T* = "), this.stepsShown), this.steps)),
      this.picture, this.facts, this.status,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "A gradient on its way back");
    this.show();
    // Drawn at the next frame: a new height within the observer's own round is reported as an error.
    new ResizeObserver(() => requestAnimationFrame(() => this.picture.clientWidth !== this.wide && this.draw())).observe(this.picture);
  }

  show() {
    const [scale, steps] = [Number(this.scale.value), Number(this.steps.value)];
    const { sigma, rho } = this.model.matrices[this.matrix.value];
    const { lengths, slope } = backwards(this.model, this.matrix.value, scale, steps, this.nonlinearity.value);
    this.scaleShown.textContent = scale.toFixed(2);
    this.stepsShown.textContent = String(steps);
    this.drawn = [lengths, scale * sigma];
    this.draw();
    const rate = lengths[steps] ** (1 / steps);
    const facts = [
      ...[1, 10, 50, steps].filter((k, i, all) => k <= steps && all.indexOf(k) === i).map((k) => [`length ${k} ${k === 1 ? "step" : "steps"} back`, shown(lengths[k])]),
      ["a step, on average", `× ${shown(rate)}`],
      ["mean slope of *f*", shown(slope)],
      ["largest singular value of *gW*", shown(scale * sigma)],
      ["spectral radius of *gW*", shown(scale * rho)],
    ];
    this.facts.replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, ...written(name)), make("dd", {}, ...written(value)))));
    const verdict = lengths[steps] < 1e-3 ? "It has vanished." : lengths[steps] > 1e3 ? "It has exploded." : "It arrives.";
    const said = `After ${steps} steps back the gradient is ${shown(lengths[steps])} times as long as at the end. ${verdict}`;
    this.status.replaceChildren(...written(said));
    this.picture.setAttribute("aria-label", `Curve of the gradient’s length against steps back. ${said}`);
  }

  draw() {
    const [lengths, bound] = this.drawn;
    const WIDE = this.picture.clientWidth || 480;
    const HIGH = Math.round(Math.min(340, Math.max(230, WIDE / 2)));
    this.wide = WIDE;
    this.picture.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
    const steps = lengths.length - 1;
    const logs = lengths.map((value) => Math.max(-FAR, Math.min(FAR, Math.log10(value))));
    const low = Math.min(-2, 2 * Math.floor(Math.min(...logs) / 2));
    const high = Math.max(2, 2 * Math.ceil(Math.max(...logs) / 2));
    const x = (k) => LEFT + (k / steps) * (WIDE - LEFT - RIGHT);
    const y = (log) => TOP + ((high - log) / (high - low)) * (HIGH - TOP - BOTTOM);
    const path = (points) => points.map(([k, log], i) => `${i ? "L" : "M"}${x(k).toFixed(1)} ${y(log).toFixed(1)}`).join("");
    const parts = [];
    const gap = [2, 4, 8, 10, 20].find((step) => (high - low) / step <= 6);
    for (let log = Math.ceil(low / gap) * gap; log <= high; log += gap) {
      parts.push(make("line", { class: log === 0 ? "one" : "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y(log), y2: y(log) }));
      parts.push(make("text", { x: LEFT - 6, y: y(log) + 5, "text-anchor": "end" }, ...written(power(log), true)));
    }
    for (const share of [0, 0.5, 1]) parts.push(make("text", { x: x(share * steps), y: HIGH - BOTTOM + 18, "text-anchor": share === 1 ? "end" : "middle" }, String(share * steps)));
    parts.push(make("text", { x: (LEFT + WIDE - RIGHT) / 2, y: HIGH - 6, "text-anchor": "middle" }, ...written("steps back, *k*", true)));
    // The bound (g σ)^k is a straight line; it ends where it leaves the picture.
    const slope = Math.log10(bound);
    const ends = slope === 0 ? steps : Math.min(steps, (slope > 0 ? high : low) / slope);
    parts.push(make("path", { class: "bound", d: path([[0, 0], [ends, slope * ends]]) }));
    parts.push(make("path", { class: "measured", d: path(logs.map((log, k) => [k, log])) }));
    parts.push(make("text", { class: "name-measured", x: LEFT, y: 14 }, "— gradient’s length"));
    parts.push(make("text", { class: "name-bound", x: WIDE - RIGHT, y: 14, "text-anchor": "end" }, "- - bound"));
    this.picture.replaceChildren(...parts);
  }
}

export const build = figures("gradients", Gradients);
