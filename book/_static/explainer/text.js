// The whole text, each character on a ground that shows one number: surprise, a unit, where a prediction came from.
import { make } from "../touch/frame.js";
import { LINES } from "./strip.js";
import { bits, select, source, tint, title } from "./words.js";

const TINTS = {
  surprise: "surprise",
  unit: "the unit looked at",
  source: "source of the prediction",
  change: "cost of the change",
};
const LEGENDS = {
  surprise: () => "The stronger the colour, the less the network had expected the character. Full colour stands for 8 bits or more, a chance of 1 in 256.",
  unit: ({ unit }) => `Unit ${unit} after each character, in the colours of the heat map: blue is positive, orange negative.`,
  source: () => "The stronger the colour, the more the likeliest next character depends on this one: the length of the gradient of its log-probability.",
  change: ({ changes }, most) => (changes.length ? `Orange: the character costs more than without the change; blue: less. Full colour is ${bits(most)} bits.`
    : "Nothing is changed yet: choose a change below, and press Apply."),
};
const SURPRISE = ["Chapter 7", "07_training_a_character_model.html", "-np.sum(log_p[token, labels] * counted, dtype=np.float64)", "functional.cross_entropy"];
const back = (code, kind) => ["Chapters 6 and 8", "08_vanishing_and_exploding_gradients.html", code, kind];
export const GRADIENTS = {
  LSTM: back("dh, dc = da[t] @ W_hh, dc * f[t]", "LSTM"),
  GRU: back("dh = dh * z[t] + da_h[t] @ W_hh", "GRU"),
  RNN: back("dh = da[t] @ W_hh", "RNN"),
};

export class Text {
  constructor(app) {
    this.app = app;
    this.tint = select("Colour shows", TINTS, () => this.show());
    this.page = make("div", { class: "text", tabindex: 0, role: "group", "aria-label": "The text. Arrow keys move the step: left and right by a character, up and down by a line.",
      onkeydown: (event) => app.key(event), onclick: (event) => this.choose(event) });
    this.legend = make("p", { class: "legend" });
    this.where = make("div", {});
    this.element = make("div", { class: "whole-text" }, title("The whole text"), this.page);
    this.about = make("div", {}, make("div", { class: "bar" }, this.tint.label), this.legend, this.where);
  }

  choose({ target }) {
    const t = Number(target.dataset.t ?? -1);
    if (t >= 0) this.app.go(t);
  }

  /** The step that lies above or below this one, as the text is laid out. */
  beside(down) {
    const { at } = this.app;
    const place = (span) => span.getBoundingClientRect();
    const [here, all] = [place(this.spans[at]), this.spans.map(place)];
    const away = ({ top, left }) => ((top - here.top) * down > 4 ? Math.abs(top - here.top) * 1e4 + Math.abs(left - here.left) : 1e12);
    return all.reduce((best, one, t) => (away(one) < away(all[best]) ? t : best), at);
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
    if (kind === "unit") return app.steps.map((step) => app.strip.values(step)[app.unit]);
    const raw = kind === "change" ? app.ids.map((_, t) => (t ? app.surprise(t, app.plain) - app.surprise(t) : 0)) : app.gradient(app.at, app.best(app.at)[0].v);
    this.most = Math.max(...raw.map(Math.abs), kind === "change" ? 0.5 : 1e-9);
    return app.ids.map((_, t) => (raw[t] ?? 0) / this.most);
  }

  show() {
    this.values().forEach((value, t) => {
      tint(this.spans[t], value);
      this.spans[t].classList.toggle("current", t === this.app.at);
    });
    const { value } = this.tint.element;
    this.legend.textContent = LEGENDS[value](this.app, this.most);
    this.where.replaceChildren(source(...{ surprise: SURPRISE, source: GRADIENTS[this.app.kind] }[value] ?? LINES[this.app.kind]));
  }

  colour(kind) {
    this.tint.element.value = kind;
    this.show();
  }
}
