// The trained network of chapter 15 writes a date that the reader types; each character written shows where it looked.
import { figures, make } from "./frame.js";
import { unpack, write } from "./translator.js";

const named = (character) => (character === " " ? "space" : character);
/** Words that are heard and not seen. */
const unseen = (words) => make("span", { class: "unseen" }, words);

class Alignment {
  constructor(root) {
    this.model = JSON.parse(root.dataset.model);
    this.weights = unpack(this.model);
    this.line = make("input", { type: "text", maxlength: this.model.longest, spellcheck: "false", autocomplete: "off", oninput: () => this.read() });
    this.line.value = this.model.example;
    this.complaint = make("p", { class: "complaint", role: "alert" });
    this.source = make("p", { class: "source", "aria-hidden": "true" });
    this.written = make("ol", { class: "written", "aria-label": "Characters written" });
    this.status = make("p", { class: "status", role: "status" });
    root.replaceChildren(
      make("p", { class: "title" }, "The network of this page writes a date"),
      make("label", {}, "It reads", this.line), this.complaint,
      this.source, this.written, this.status,
    );
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "The network of this page writes a date");
    this.written.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.steps.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.go(to);
      this.steps[this.at]?.focus();
    });
    this.at = 0;
    this.read();
  }

  /** Read what stands in the line, and write. */
  read() {
    const all = [...this.line.value];
    const unknown = all.find((character) => !this.model.source.includes(character));
    this.characters = all.filter((character) => this.model.source.includes(character));
    this.complaint.textContent = unknown ? `The network does not know “${unknown}”: it is left out.`
      : all.length ? "" : "Write a date, such as 3 May 1999.";
    const ids = this.characters.map((character) => this.model.source.indexOf(character));
    const { written, weights } = ids.length ? write(this.model, this.weights, ids) : { written: [], weights: [] };
    this.rows = weights;
    this.output = written.map((id) => this.model.target[id]);
    this.steps = this.output.map((character, u) => make("button", { type: "button", onclick: () => this.go(u), onmouseenter: () => this.go(u) }, character));
    this.written.replaceChildren(...this.steps.map((step) => make("li", {}, step)));
    this.go(this.at);
  }

  /** Show where the step that wrote a character looked. */
  go(u) {
    this.at = Math.min(Math.max(u, 0), Math.max(this.steps.length - 1, 0));
    for (const [k, step] of this.steps.entries()) {
      if (k === this.at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
    const row = this.rows[this.at] ?? [];
    const best = row.indexOf(Math.max(...row));
    this.source.replaceChildren(...this.characters.map((character, t) => {
      const place = make("span", { class: t === best && "best" }, character === " " ? "\u00a0" : character);
      place.style.setProperty("--weight", (row[t] ?? 0).toFixed(3));
      return place;
    }));
    if (!row.length) return void (this.status.textContent = "");
    this.status.replaceChildren(`“${this.output[this.at]}” looks most at “${named(this.characters[best])}”, place ${best + 1}, with weight ${row[best].toFixed(2)}.`,
      unseen(` The whole line: ${this.output.join("")}`));
  }
}

export const build = figures("alignment", Alignment);
