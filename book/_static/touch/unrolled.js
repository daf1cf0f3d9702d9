// Steps through a recurrent network, one element of a text at a time. The model comes with the page, in an attribute
// written by rnn_utils.touch.Unrolled; everything shown is computed here from its weights.
import { encode, run } from "./network.js";
import { figures, make } from "./frame.js";

const LONGEST = 60; // steps
const MANY = 12; // hidden units from which their numbers are folded away

const sub = (letter, index) => make("span", { class: "math" }, letter, make("sub", {}, String(index)));
const shown = (value) => (Math.abs(value) < 0.005 ? 0 : value).toFixed(2).replace("-", "−");
const quoted = (token) => (token === " " ? "space" : token === "\n" ? "new line" : token);

/** A bar from the middle: to the right for a positive value, to the left for a negative one. */
function bar(value, reach = 1) {
  const length = Math.min(Math.abs(value) / reach, 1);
  const element = make("span", { class: `bar ${value < 0 ? "negative" : "positive"}`, "aria-hidden": "true" });
  element.style.setProperty("--length", length.toFixed(3));
  return element;
}

class Unrolled {
  constructor(root) {
    this.model = JSON.parse(root.dataset.model);
    this.at = 0;
    this.input = make("input", {
      type: "text", autocapitalize: "none", autocomplete: "off", spellcheck: "false", oninput: () => this.read(),
    });
    this.input.value = this.model.texts[0];
    this.complaint = make("p", { class: "complaint", role: "alert" });
    this.strip = make("ol", { class: "strip" });
    this.detail = make("div", { class: "detail" });
    this.status = make("p", { class: "status", role: "status" });
    this.previous = make("button", { type: "button", onclick: () => this.go(this.at - 1) }, "‹ Previous");
    this.next = make("button", { type: "button", onclick: () => this.go(this.at + 1) }, "Next ›");
    this.cut = make("input", { type: "checkbox", onchange: () => this.read() });
    root.replaceChildren(
      make("p", { class: "title" }, this.model.title),
      make("label", { class: "text" }, "Text ", this.input),
      this.complaint,
      this.choices(),
      make("div", { class: "controls" }, this.previous, this.next,
        make("label", {}, this.cut, make("span", {}, "cut the loop (", sub("W", "hh"), " = 0)"))),
      this.strip, this.status, this.detail,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", this.model.title);
    root.classList.toggle("many", this.model.weights.b.length > MANY);
    root.classList.toggle("signed", this.model.output === "linear");
    root.addEventListener("keydown", (event) => this.key(event));
    this.swipe(this.detail);
    this.root = root;
    this.read();
  }

  /** Buttons that set the text, and the known tokens, which extend it. */
  choices() {
    const set = (text) => () => { this.input.value = text; this.at = 0; this.read(); };
    const glue = this.model.unit === "word" ? " " : "";
    const add = (token) => () => {
      this.input.value = [this.input.value.trimEnd(), token].filter(Boolean).join(glue);
      this.read();
      this.go(this.steps.length - 1);
    };
    const button = (words, onclick) => make("button", { type: "button", onclick }, words);
    return make("div", { class: "choices" },
      ...this.model.texts.map((text) => button(text, set(text))),
      make("details", {}, make("summary", {}, `Add one of the ${this.model.tokens.length} ${this.model.unit}s`),
        ...this.model.tokens.map((token) => button(quoted(token), add(token)))));
  }

  key(event) {
    if (event.target === this.input || event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.steps.length - 1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const inStrip = this.strip.contains(document.activeElement);
    this.go(moves[event.key]);
    if (inStrip) this.strip.querySelector("[aria-current]").focus();
  }

  swipe(element) {
    let from = null;
    element.addEventListener("touchstart", (event) => { from = event.changedTouches[0]; }, { passive: true });
    element.addEventListener("touchend", (event) => {
      const [dx, dy] = ["clientX", "clientY"].map((side) => event.changedTouches[0][side] - from[side]);
      if (Math.abs(dx) > 40 && Math.abs(dx) > 2 * Math.abs(dy)) this.go(this.at + (dx < 0 ? 1 : -1));
    }, { passive: true });
  }

  /** Run the network on the text as it stands. */
  read() {
    const { ids, unknown } = encode(this.model, this.input.value);
    const problem = unknown.length ? `The network does not know “${unknown[0]}”: it is left out.`
      : ids.length === 0 ? "Write something that the network knows."
        : ids.length > LONGEST ? `Only the first ${LONGEST} ${this.model.unit}s are read.` : "";
    if (this.complaint.textContent !== problem) this.complaint.textContent = problem;
    this.steps = run(this.model, ids.slice(0, LONGEST), this.cut.checked);
    const largest = Math.max(...this.steps.flatMap((step) => step.h.map(Math.abs)), 1e-9);
    this.reach = this.model.nonlinearity === "tanh" ? 1 : largest;
    this.root.classList.toggle("cut", this.cut.checked);
    this.go(this.at);
  }

  go(to) {
    this.at = Math.max(0, Math.min(to, this.steps.length - 1));
    this.previous.ariaDisabled = this.at === 0; // a disabled button would lose the focus, and the arrow keys with it
    this.next.ariaDisabled = this.at >= this.steps.length - 1;
    this.strip.replaceChildren(...this.steps.map((step, t) => this.column(step, t)));
    const current = this.strip.querySelector("[aria-current]");
    if (!current) return void this.detail.replaceChildren();
    this.strip.scrollLeft = current.parentElement.offsetLeft - this.strip.clientWidth / 2 + current.offsetWidth / 2;
    this.detail.replaceChildren(...this.layers(this.steps[this.at]));
    const [best] = this.ranked(this.steps[this.at].y);
    this.status.textContent = `Step ${this.at + 1} of ${this.steps.length}: reads “${quoted(this.token(this.at))}”, `
      + `answers “${quoted(best.name)}” ${shown(best.value)}${this.cut.checked ? "; the loop is cut." : "."}`;
  }

  token(t) { return this.model.tokens[this.steps[t].id]; }

  ranked(y) {
    return y.map((value, v) => ({ name: this.model.outputs[v], value })).sort((a, b) => b.value - a.value);
  }

  /** One step of the unrolled network; what has not been read yet has no state. */
  column(step, t) {
    const known = t <= this.at;
    const [best] = this.ranked(step.y);
    const choose = () => { this.go(t); this.strip.querySelector("[aria-current]").focus(); };
    const unseen = (words) => make("span", { class: "unseen" }, words);
    return make("li", { class: known ? "" : "later" },
      make("button", { type: "button", class: "pictured", "aria-current": t === this.at && "step", onclick: choose },
        unseen(`Step ${t + 1} ${known ? "answers " : "is not read yet: "}`),
        make("span", { class: "y" }, known ? `${quoted(best.name)} ${shown(best.value)}` : ""),
        make("span", { class: "h" }, ...step.h.map((value) => bar(known ? value : 0, this.reach))),
        unseen(known ? " to " : ""),
        make("span", { class: "x" }, quoted(this.token(t)))));
  }

  /** The layers at one step, in numbers. */
  layers(step) {
    const t = this.at + 1;
    const part = (...children) => make("div", { class: "part" }, ...children);
    const products = [[sub("W", "ih"), sub("x", t)], [sub("W", "hh"), sub("h", t - 1)]];
    const heads = [["unit"], ...products, [sub("b", "")], [sub("h", t)]];
    const row = (value, k) => make("tr", {}, make("th", { scope: "row" }, String(k + 1)),
      ...[step.fromInput[k], step.fromState[k], this.model.weights.b[k], value].map((v) => make("td", {}, shown(v))));
    const units = make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, ...head)))),
      make("tbody", {}, ...step.h.map(row)));
    const reach = this.model.output === "linear" ? Math.max(...step.y.map(Math.abs), 1e-9) : 1;
    const x = this.model.inputs ? step.x.map(shown).join(" ") : `1 at place ${step.x.indexOf(1) + 1} of ${step.x.length}, 0 elsewhere`;
    return [
      part(make("p", {}, "Output layer ", sub("ŷ", t)), make("dl", {},
        ...this.ranked(step.y).slice(0, 5).map(({ name, value }) => make("div", {},
          make("dt", {}, quoted(name)), make("dd", {}, bar(value, reach), make("span", {}, shown(value))))))),
      part(make("p", {}, "Hidden layer ", sub("h", t)),
        step.h.length > MANY ? make("details", {}, make("summary", {}, `All ${step.h.length} units`), units) : units),
      part(make("p", {}, "Input layer ", sub("x", t)),
        make("p", {}, `“${quoted(this.token(this.at))}”: ${x}`)),
    ];
  }
}

export const build = figures("unrolled", Unrolled);
