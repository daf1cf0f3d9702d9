// Five questions with an answer to predict first: look, commit to an answer, see. Their numbers come from facts.json,
// which experiments/explainer_units.py writes; what is shown with the answer is computed on the question's own text.
import { make } from "../touch/frame.js";
import { tiny } from "./words.js";

const DIALOGUE = "First Citizen:\nWe have not slept these seven nights, my lord.\n\nROMEO:\nThen sleep, and dream of better days.\n\nFirst Citizen:\nI thank thee.";
const SPEECH = "ROMEO:\nThe king hath sent for thee, and thou must go\nBefore the morning sun hath touched the wall.";
const number = (value) => String(value).replace("-", "−");

/** The place after a part of a text. */
const after = (text, part) => text.indexOf(part) + part.length;

const QUESTIONS = [
  {
    short: "Who is speaking?",
    ask: "One of these four units of the LSTM keeps the same sign from the first letter of a speaker's name to its last, in ROMEO and in the second First Citizen. Which one? Their rows are on top of the heat map; or look at one and choose “the unit looked at” as the colour of the text.",
    text: DIALOGUE,
    look: (app) => ({ at: after(DIALOGUE, "lord.\n\nR") - 1, unit: app.measured.names.decoys[0], pinned: [app.measured.names.unit, ...app.measured.names.decoys].sort((a, b) => a - b) }),
    choices: ({ names }) => [names.unit, ...names.decoys].sort((a, b) => a - b).map((unit) => ({ words: `Unit ${unit}`, right: unit === names.unit, unit })),
    answer: ({ names: n }) => `On ${thousands(n.characters)} held-out characters on which it was not chosen, the cell state of unit ${n.unit} follows “inside a name” with |r| = ${n.r}. Does the network use it? Hold the unit at its usual value, and each character inside a name costs ${n.cost} bits more; for the median unit it is ${n.median}. ${n.costlier === 0 ? "No other unit costs more there." : `Of the other 127 units, ${n.costlier} cost${n.costlier === 1 ? "s" : ""} more there. What a unit follows is one thing, what the network needs another.`}`,
    show: (app) => { app.text.colour("unit"); app.look(app.measured.names.unit); },
  },
  {
    short: "Erase the memory",
    ask: "Just before the n of “morning” is read, the whole cell state c is set to 0; h stays as it was. At a typical place in a play, up to which later character does that move the cost of some character by more than a tenth of a bit?",
    text: SPEECH,
    look: () => ({ at: after(SPEECH, "Before the mor") }),
    choices: ({ erasing: { c } }) => [["The first or second", 0, 2], ["Somewhere from the third to the tenth", 3, 10], ["Somewhere from the eleventh to the fiftieth", 11, 50], ["Beyond the fiftieth", 51, 1e9]].map(([words, low, high]) => ({ words, right: c.last >= low && c.last <= high })),
    answer: ({ erasing: { c, places } }) => `The median over ${places} places of held-out text is the ${ordinal(c.last)}. On average the next 100 characters cost ${c.total} bits more in all. Half of that falls on the first ${c.half} characters, nine tenths on the first ${c.most}. The network reads on, and every new character writes into c again. The change below does it on this text.`,
    show: (app, at) => change(app, at, [{ what: "c", unit: -1, value: 0, once: true }], "the cell state c set to 0, all units, before “n” of “morning”"),
  },
  {
    short: "c or h?",
    ask: "An LSTM carries two vectors from step to step: the cell state c, which is kept, and h, which was shown. At one step you may erase one of them. Which of the two costs more at the very next character, and which from the eleventh character on?",
    text: SPEECH,
    look: () => ({ at: after(SPEECH, "Before the mor") }),
    choices: ({ erasing: { c, h } }) => [["h at once, c later", h.first > c.first && c.late > h.late], ["c at once, h later", c.first > h.first && h.late > c.late], ["c both times", c.first > h.first && c.late > h.late], ["h both times", h.first > c.first && h.late > c.late]].map(([words, right]) => ({ words, right })),
    answer: ({ erasing: { c, h, ch, places } }) => `On average over ${places} places, the next character costs ${h.first} bits more without h and ${c.first} without c. From the eleventh to the hundredth it is ${h.late.toFixed(1)} bits in all without h and ${c.late.toFixed(1)} without c. The gates and the candidate of the next step are computed from h and the new character, never from c, so an erased h spoils that step at once. What c holds survives it, and shows in h again. Without both, the 100 characters cost ${ch.total} bits more; without c ${c.total}, without h ${h.total}.`,
    show: (app, at) => change(app, at, [{ what: "h", unit: -1, value: 0, once: true }], "the state h set to 0, all units, before “n” of “morning”"),
  },
  {
    short: "Who keeps longest?",
    ask: "Each unit's forget gate says how much of its cell state survives a step. Shut one forget gate at every step, so that this unit keeps nothing. Which unit does the network miss most?",
    text: DIALOGUE,
    look: (app) => ({ at: after(DIALOGUE, "ROMEO:\nThen sl"), unit: app.measured.gates.unit }),
    choices: ({ gates: g }) => [["One of those that keep longest", g.among >= 7 && g.longest > g.shortest], ["One that keeps for a few steps only", g.keeps < 80], ["One between", g.keeps >= 80 && !(g.among >= 7 && g.longest > g.shortest)]].map(([words, right]) => ({ words, right })),
    answer: ({ gates: g }) => `Unit ${g.unit} costs most: ${g.worst} bits per character, on ${thousands(g.characters)} held-out characters that cost ${g.bits} each. Its forget gate keeps ${g.keeps} % at a step on average. The 13 units that keep longest cost ${number(g.longest)} bits each, on average, the 13 that keep shortest ${number(g.shortest)}. Of the 13 costliest, ${g.among || "none"} ${g.among === 1 ? "is" : "are"} among the 13 that keep longest. With all forget gates shut, a character costs ${g.all} bits more. A gate that stays open says how long a cell could keep something, not whether anything depends on it.`,
    show: (app, at) => change(app, at, [{ what: "f", unit: app.measured.gates.unit, value: 0 }], `the forget gate f shut, unit ${app.measured.gates.unit}, at every step`, app.measured.gates.unit),
  },
  {
    short: "How far back?",
    ask: "The likeliest next character depends on what was read. Which network's gradient reaches further back, the LSTM's or that of the tanh network?",
    text: SPEECH,
    look: () => ({ at: SPEECH.length - 4 }),
    choices: ({ gradients: { LSTM, RNN } }) => [["The LSTM's", LSTM.left > 10 * RNN.left], ["That of the tanh network", RNN.left > 10 * LSTM.left], ["Both alike", Math.max(LSTM.left, RNN.left) <= 10 * Math.min(LSTM.left, RNN.left)]].map(([words, right]) => ({ words, right })),
    answer: ({ gradients: { LSTM, GRU, RNN, predictions } }) => `The median over ${predictions} predictions: 50 characters back, ${tiny(LSTM.left)} of the gradient's length at the last character is left in the LSTM, ${tiny(GRU.left)} in the GRU, ${tiny(RNN.left)} in the tanh network. Even so, nine tenths of the length lie within ${LSTM.within} characters in the LSTM, ${GRU.within} in the GRU and ${RNN.within} in the tanh network. So the cell keeps a path open, and yet most of what a prediction depends on is near. A longer path is no better prediction either: at the foot of this page the three networks are compared in bits per character.`,
    show: (app) => app.sources.beside(),
  },
];

const thousands = (n) => n.toLocaleString("en");
const ordinal = (n) => `${n}${(n % 100 > 10 && n % 100 < 14 ? "" : { 1: "st", 2: "nd", 3: "rd" }[n % 10]) || "th"}`;

/** Make the changes of an answer, and show what they cost. */
function change(app, at, changes, words, unit = app.unit) {
  Object.assign(app, { at, unit });
  app.changes = changes.map(({ once, ...one }) => ({ ...one, from: once ? at : 0, to: once ? at : 1e9, words }));
  app.text.colour("change");
  app.rerun();
}

export class Questions {
  constructor(app) {
    this.app = app;
    this.card = make("div", { class: "question", hidden: true });
    this.buttons = QUESTIONS.map((question, k) => make("button", { type: "button", "aria-pressed": "false", onclick: () => this.open(k) }, `${k + 1} ${question.short}`));
    this.element = make("div", { class: "questions", role: "group", "aria-label": "Five questions" },
      make("p", { class: "title" }, "Five questions: look, commit to an answer, see"), make("div", { class: "choices" }, ...this.buttons), this.card);
  }

  /** Put a question: its text, its place, and the answers to choose from. */
  async open(k) {
    const { app } = this;
    await app.wake();
    if (app.wanted !== "LSTM" || !app.net) await app.use("LSTM");
    if (!app.net) return;
    const { ask, text, look, choices } = QUESTIONS[k];
    this.buttons.forEach((button, place) => { button.ariaPressed = String(place === k); });
    app.text.colour("surprise");
    this.place = look(app);
    app.put(text, this.place);
    this.answer = make("p", { class: "answer", role: "status" });
    this.choices = choices(app.measured).map((choice) => {
      const button = make("button", { type: "button", class: "choice", onclick: () => this.see(k, choice, button) }, choice.words);
      button.right = choice.right;
      return button;
    });
    this.card.replaceChildren(make("p", {}, ask), make("div", { class: "choices" }, ...this.choices), this.answer);
    this.card.hidden = false;
  }

  /** The reader has chosen: say what was measured, and show it. */
  see(k, { right }, chosen) {
    for (const button of this.choices) {
      button.classList.toggle("right", button.right);
      button.classList.toggle("wrong", button === chosen && !right);
    }
    const { answer, show } = QUESTIONS[k];
    const truth = this.choices.find((button) => button.right).textContent;
    const verdict = right ? "Yes." : `Not so: ${truth[0].toLowerCase()}${truth.slice(1)}.`;
    this.answer.textContent = `${verdict} ${answer(this.app.measured)}`;
    show(this.app, this.place.at);
  }
}
