// A text of one's own as tokens, ids, one-hot vectors and batches. The vocabularies come with the page, in an attribute
// written by rnn_utils.touch.TokenView; everything else is computed here.
import { contiguousStreams, encode, words } from "./batches.js";
import { figures, make, written } from "./frame.js";

const LONGEST = 96; // characters of text
const WIDTH = 640; // of the one-hot matrix, in its own units

const shown = (token) => ({ "\n": "⏎", " ": "␣" })[token] ?? token;
const listed = (tokens) => [...new Set(tokens)].map(shown).join(" ");

function table(caption, heads, rows) {
  const head = make("tr", {}, make("td"), ...heads.map((text) => make("th", { scope: "col" }, ...written(text))));
  const body = rows.map(([name, ...cells]) => make("tr", {}, make("th", { scope: "row" }, ...written(name)), ...cells));
  const top = heads.length ? [make("thead", {}, head)] : [];
  return make("table", {}, make("caption", {}, ...written(caption)), ...top, make("tbody", {}, ...body));
}
const scroller = (label, ...children) =>
  make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, ...children);

class TokenView {
  constructor(root) {
    Object.assign(this, { ...JSON.parse(root.dataset.model), kind: "characters", k: 0, at: 0 });
    for (const name of ["tokens", "vectors", "streams", "batch"]) this[`${name}Part`] = make("div", { class: name });
    const name = `kind-${Math.random()}`;
    const kind = (value) => make("label", {}, make("input", {
      type: "radio", name, checked: value === this.kind, onchange: () => this.change({ kind: value, k: 0, at: 0 }),
    }), value);
    const number = (key, label, most) => make("label", {}, make("span", {}, ...written(label)), make("input", {
      type: "number", min: 1, max: most, value: this[key],
      oninput: ({ target }) => target.validity.valid && target.value && this.change({ [key]: Number(target.value), k: 0 }),
    }));
    this.back = make("button", { type: "button", onclick: () => this.step(-1) }, "Previous batch");
    this.next = make("button", { type: "button", onclick: () => this.step(1) }, "Next batch");
    this.status = make("p", { class: "status", role: "status" });
    this.matrix = make("div");
    this.row = make("p", { class: "notes", "aria-live": "polite" });
    this.vectorsPart.append(this.matrix, this.row);
    root.replaceChildren(
      make("label", {}, "Your text", make("textarea", {
        rows: 2, maxlength: LONGEST, spellcheck: "false",
        oninput: ({ target }) => this.change({ text: target.value, k: 0, at: 0 }),
      }, this.text)),
      make("div", { class: "controls", role: "group", "aria-label": "Kind of token" }, ...Object.keys(this.vocabularies).map(kind)),
      make("p", { class: "title" }, "Tokens and their ids"), this.tokensPart,
      make("p", { class: "title" }, "One-hot vectors, a row for each token"), this.vectorsPart,
      make("p", { class: "title" }, "Streams and batches"),
      make("div", { class: "controls" }, number("B", "streams *B*", 8), number("T", "steps *T*", 12), this.back, this.next),
      this.status, this.streamsPart, this.batchPart,
    );
    this.draw();
  }

  change(changes) {
    Object.assign(this, changes);
    this.draw();
  }

  step(by) { // a button at the end stays in the tab order, so that the focus is not lost
    const last = contiguousStreams(this.ids, this.B, this.T).batches.length - 1;
    this.change({ k: Math.max(0, Math.min(last, this.k + by)) });
  }

  draw() {
    const vocabulary = this.vocabularies[this.kind];
    const all = this.kind === "words" ? words(this.text) : Array.from(this.text);
    const ids = encode(all, vocabulary);
    const known = (_, i) => ids[i] !== undefined;
    this.tokens = all.filter(known);
    this.ids = ids.filter(known);
    const left = all.filter((_, i) => ids[i] === undefined);
    const unknown = this.tokens.filter((token) => !vocabulary.includes(token));
    this.drawTokens(vocabulary.length, left, unknown);
    this.drawVectors(vocabulary.length);
    this.drawBatches();
  }

  drawTokens(V, left, unknown) {
    const choose = (at) => {
      this.change({ at });
      this.tokensPart.querySelectorAll("button")[at].focus();
    };
    const chips = this.tokens.map((token, i) => make("li", {}, make("button", {
      type: "button", "aria-pressed": String(i === this.at), class: "pictured", onclick: () => choose(i),
    }, make("b", {}, shown(token)), String(this.ids[i]))));
    const notes = [];
    if (left.length) notes.push(` Left out, for this vocabulary lacks them: ${listed(left)}`);
    if (unknown.length) notes.push(` Read as <unk>: ${listed(unknown)}`);
    this.tokensPart.replaceChildren(make("ol", {}, ...chips), make("p", { class: "notes" },
      ...written(`${this.ids.length} tokens; the vocabulary has *V* = ${V}.`), ...notes));
  }

  drawVectors(V) {
    const { ids, at } = this;
    this.row.textContent = ids.length
      ? `Row ${at}, “${shown(this.tokens[at])}”: ${V} numbers, all 0 but a 1 in place ${ids[at]}. Choose a token above to see its row.`
      : "Write something.";
    if (!ids.length) return this.matrix.replaceChildren();
    const place = { width: Math.max(WIDTH / V, 3), height: 6 };
    const ones = ids.map((id, i) => make("rect", { ...place, x: (id / V) * WIDTH, y: 6 * i, class: i === at ? "now" : "one" }));
    const row = make("rect", { x: 0, y: 6 * at, width: WIDTH, height: 6, class: "line" });
    const label = `One-hot matrix of ${ids.length} rows and ${V} columns. Row by row the 1 is in column ${ids.join(", ")}.`;
    this.matrix.replaceChildren(
      make("svg", { viewBox: `0 0 ${WIDTH} ${6 * ids.length}`, role: "img", "aria-label": label }, row, ...ones));
  }

  drawBatches() {
    const { tokens, ids, B, T, k } = this;
    const { S, batches } = contiguousStreams(ids, B, T);
    this.back.setAttribute("aria-disabled", String(k === 0));
    this.next.setAttribute("aria-disabled", String(k >= batches.length - 1));
    this.status.replaceChildren(...written(batches.length
      ? `Batch ${k} of 0 to ${batches.length - 1}; *S* = ${S}, and ${ids.length - B * T * batches.length} of ${ids.length} tokens are no input.`
      : "No batch: the text is too short for *B* streams of *T* steps."));
    const cell = (token, t) => make("td", {
      class: [t % T === 0 && "edge", t < T * batches.length && Math.floor(t / T) === k && "now"].filter(Boolean).join(" "),
    }, shown(token));
    const rows = Array.from({ length: B }, (_, b) => [`*b* = ${b}`, ...tokens.slice(b * S, (b + 1) * S).map(cell)]);
    const box = scroller("The streams", table("The streams, a row for each; the batch is shaded", [], rows));
    this.streamsPart.replaceChildren(box);
    box.scrollLeft = (box.querySelector(".now")?.offsetLeft ?? 0) - 64; // on a narrow screen, keep the batch in sight
    if (!batches.length) return this.batchPart.replaceChildren();
    const heads = Array.from({ length: B }, (_, b) => `*b* = ${b}`);
    const lines = (part) => part.map((row, t) => [`*t* = ${t}`, ...row.map((id) => make("td", {}, String(id)))]);
    this.batchPart.replaceChildren(
      scroller("Inputs", table(`*x*, shape (*T*, *B*) = (${T}, ${B})`, heads, lines(batches[k].x))),
      scroller("Targets", table("*y*: each one token later", heads, lines(batches[k].y))),
    );
  }
}

export const build = figures("tokens", TokenView);
