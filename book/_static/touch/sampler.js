// The trained network of chapter 7 writes: how it begins, the temperature and the number of choices are the reader's.
import { draw, logits, probabilities, step, unpack } from "./char_rnn.js";
import { figures, make, written } from "./frame.js";

const LENGTH = 300; // characters written at a time
const SHOWN = 6; // bars

const named = (token) => (token === " " ? "space" : token === "\n" ? "new line" : token);

class Sampler {
  constructor(root) {
    this.model = JSON.parse(root.dataset.model);
    this.weights = null; // unpacked at the first use
    this.run = 0; // number of the run that may write
    this.prompt = make("textarea", { rows: 2, spellcheck: "false", autocapitalize: "off", oninput: () => this.restart() });
    this.prompt.value = this.model.prompt;
    const turned = () => (this.next(), this.tell());
    this.tau = make("input", { type: "range", min: 0.1, max: 2, step: 0.05, value: 0.8, oninput: turned });
    const V = this.model.tokens.length;
    this.k = make("input", { type: "range", min: 1, max: V, step: 1, value: V, oninput: turned });
    this.tauShown = make("span", { class: "value" });
    this.kShown = make("span", { class: "value" });
    this.complaint = make("p", { class: "complaint", role: "alert" });
    this.page = make("pre", { tabindex: 0, "aria-label": "What the network has written" });
    this.bars = make("dl", {});
    this.status = make("p", { class: "status", role: "status" });
    const button = (words, onclick) => make("button", { type: "button", onclick }, words);
    root.replaceChildren(
      make("p", { class: "title" }, "The network of this page writes"),
      make("label", {}, "It begins with", this.prompt), this.complaint,
      make("div", { class: "knobs" },
        make("label", {}, make("span", {}, ...written("Temperature *τ* = "), this.tauShown), this.tau),
        make("label", {}, make("span", {}, "Draws among the likeliest ", this.kShown), this.k)),
      make("div", { class: "controls" }, button(`Write ${LENGTH} characters`, () => this.write()),
        button("One character", () => this.write(1)), button("Stop", () => this.stop("Stopped.")), button("Begin again", () => this.restart())),
      this.page, this.status, make("p", { class: "title" }, "Next character"), this.bars,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "The network of this page writes");
    this.restart();
  }

  /** Forget what was written, and read the beginning. */
  restart() {
    this.run += 1;
    this.weights ??= unpack(this.model);
    const ids = [...this.prompt.value].map((character) => this.model.tokens.indexOf(character));
    const unknown = [...this.prompt.value].filter((_, i) => ids[i] < 0);
    const known = ids.filter((id) => id >= 0);
    this.complaint.textContent = unknown.length ? `The network does not know “${unknown[0]}”: it is left out.`
      : known.length ? "" : "Write something that the network knows.";
    this.h = new Float64Array(this.weights.H);
    this.written = "";
    this.ready = known.length > 0;
    for (const id of known) this.h = step(this.weights, id, this.h);
    this.status.textContent = "";
    this.show(known.map((id) => this.model.tokens[id]).join(""));
  }

  show(beginning = this.beginning) {
    this.beginning = beginning;
    this.page.replaceChildren(make("b", {}, beginning), this.written);
    this.page.scrollTop = this.page.scrollHeight;
    this.next();
  }

  /** What may come next, at the present temperature. */
  next() {
    const tau = Number(this.tau.value);
    const k = Number(this.k.value);
    this.tauShown.textContent = tau.toFixed(2);
    this.kShown.textContent = k === this.model.tokens.length ? `${k} (all)` : String(k);
    if (!this.ready) return void this.bars.replaceChildren();
    this.p = probabilities(logits(this.weights, this.h), tau, k);
    const best = this.p.map((value, v) => [value, v]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, SHOWN);
    this.bars.replaceChildren(...best.map(([value, v]) => {
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--length", value.toFixed(3));
      return make("div", {}, make("dt", {}, named(this.model.tokens[v])), make("dd", {}, bar, make("span", {}, value.toFixed(3))));
    }));
  }

  /** Say what a knob has changed, for those who do not see the bars. */
  tell() {
    if (this.ready) this.status.textContent = `Likeliest next: ${this.bars.querySelector("dt").textContent} ${this.bars.querySelector("dd").textContent}.`;
  }

  write(length = LENGTH) {
    if (!this.ready) return;
    this.run += 1;
    const mine = this.run;
    const still = length === 1 || matchMedia("(prefers-reduced-motion: reduce)").matches;
    let left = length;
    const some = () => {
      if (mine !== this.run) return;
      for (let n = still ? left : Math.min(2, left); n > 0; n -= 1, left -= 1) {
        const id = draw(this.p, Math.random());
        this.written += this.model.tokens[id];
        this.h = step(this.weights, id, this.h);
        this.p = probabilities(logits(this.weights, this.h), Number(this.tau.value), Number(this.k.value));
      }
      this.show();
      if (left > 0) requestAnimationFrame(some);
      else this.stop(`${this.written.length} characters written.`);
    };
    this.status.textContent = "Writing …";
    some();
  }

  stop(words) {
    this.run += 1;
    this.status.textContent = words;
  }
}

export const build = figures("sampler", Sampler);
