// The whole text, each character on a ground that shows one number: surprise, a unit, where a prediction came from.
import { make } from "../touch/frame.js";
import { select, source } from "./words.js";

const TINTS = {
  surprise: "how surprised the network was",
  unit: "the unit looked at",
  source: "where the next prediction came from",
  change: "what the change of the network costs",
};
const LEGENDS = {
  surprise: "The stronger the colour, the less the network had expected the character. Without colour it was certain; full colour stands for 8 bits or more, a chance of 1 in 256.",
  unit: "Blue: the unit is positive after this character; orange: negative. Full colour is its largest value in this text.",
  source: "The stronger the colour, the more the likeliest next character depends on this one: the length of the gradient of its log-probability.",
  change: "Orange: the changed network is more surprised by this character than the network as trained; blue: less. Full colour is 4 bits.",
};

export class Text {
  constructor(app) {
    this.app = app;
    this.tint = select("Colour shows", TINTS, () => this.show());
    this.page = make("div", { class: "text", tabindex: 0, role: "group", "aria-label": "The text. Arrow keys move the step.",
      onkeydown: (event) => app.key(event), onclick: (event) => this.choose(event) });
    this.legend = make("p", { class: "legend" });
    this.where = make("div", {});
    this.element = make("div", { class: "whole-text" },
      make("div", { class: "bar" }, make("p", { class: "title" }, "The whole text"), this.tint.label), this.page, this.legend,
      source("Chapter 7", "07_training_a_character_model.html", "-np.sum(log_p[token, labels] * counted, dtype=np.float64)", "functional.cross_entropy"));
  }

  choose({ target }) {
    const t = Number(target.dataset.t ?? -1);
    if (t >= 0) this.app.go(t);
  }

  reread() {
    const { signs, places } = this.app;
    const spans = signs.map(({ sign, read, t, id }) => make("span", { "data-t": t >= 0 && t, class: id < 0 ? "unknown" : t < 0 && "unread" }, id < 0 ? sign : read === "\n" ? "⏎" : read));
    this.spans = places.map((place) => spans[place]);
    this.page.replaceChildren(...signs.flatMap(({ read, id }, place) => (id >= 0 && read === "\n" ? [spans[place], make("br")] : [spans[place]])));
  }

  /** The number behind each character, from −1 to 1. */
  values() {
    const { app } = this;
    const kind = this.tint.element.value;
    if (kind === "surprise") return app.ids.map((_, t) => -Math.min((app.surprise(t) ?? 0) / 8, 1));
    if (kind === "change") return app.ids.map((_, t) => (t ? (app.surprise(t, app.plain) - app.surprise(t)) / 4 : 0));
    const raw = kind === "unit" ? app.steps.map((step) => (step.c?.length ? step.c : step.h)[app.unit]) : app.gradient(app.at, app.best(app.at)[0].v);
    const largest = Math.max(...raw.map(Math.abs), 1e-9);
    return app.ids.map((_, t) => (raw[t] ?? 0) / largest);
  }

  show() {
    this.values().forEach((value, t) => {
      const { style, classList } = this.spans[t];
      style.setProperty("--tint", `${(45 * Math.min(Math.abs(value), 1)).toFixed(1)}%`);
      classList.toggle("negative", value < 0);
      classList.toggle("current", t === this.app.at);
    });
    this.legend.textContent = LEGENDS[this.tint.element.value];
  }

  colour(kind) {
    this.tint.element.value = kind;
    this.show();
  }
}
