// Six questions with an answer to predict first: commit to one, then see. Their numbers come from facts.json,
// which experiments/explainer_units.py writes; what is shown with the answer is computed on the question's own text.
import { make, written } from "../touch/frame.js";
import { run } from "./model.js";
import { bits, tiny, tinted, title } from "./words.js";

const DIALOGUE = "First Citizen:\nWe have not slept these seven nights, my lord.\n\nROMEO:\nThen sleep, and dream of better days.\n\nFirst Citizen:\nI thank thee.";
const NAME = "Tailor:\nYou bid me make it orderly and well,\nAccording to the fashion and the time.\n\nPETRUCHIO:\nMarry, and did; but if you be remember'd,\nI did not bid you mar it to the time.";
const SPEECH = "PETRUCHIO:\nCome, Kate, we'll to bed.\nWe three are married, but you two are sped.\n'Twas I won the wager, though you hit the white;\nAnd, being a winner, God give you good night!";
const number = (value) => String(value).replace("-", "−");
const thousands = (n) => n.toLocaleString("en");

/** The place after a part of a text. */
const after = (text, part) => text.indexOf(part) + part.length;
const units = ({ names }) => [names.unit, ...names.decoys].sort((a, b) => a - b);

// What is shown in the box of a question.
const rows = ({ pinned, steps, net, ids }) => pinned.map((unit) => tinted(`Unit ${unit}`, ids.map((id) => net.tokens[id]), steps.map((step) => Math.tanh(step.c[unit]))));
const bars = ({ changing, changes }) => (changes.length ? [changing.draw(), make("p", {}, changing.outcome())] : []);
const erased = {}; // what each character costs more without h, and without c
/** Both erasures of the third question, drawn to one scale, with a line before the eleventh character after them. */
const both = ({ changing, ids, net }) => {
  const [from, kinds] = [after(SPEECH, "married, b"), ["h", "c"]];
  for (const what of kinds) erased[what] ??= changing.extra(run(net, ids, [{ what, unit: -1, from, to: from, value: 0 }]));
  return kinds.flatMap((what) => [
    make("p", {}, `Without ${what}: ${bits(erased[what][from + 1])} bits more at the next character, ${bits(erased[what].slice(from + 11, from + 101).reduce((sum, one) => sum + one, 0))} in all from the eleventh on (behind the line)`),
    changing.draw(erased[what], kinds.flatMap((one) => erased[one]), from + 11)]);
};
const curve = ({ sources }) => (sources.other ? [sources.draw(sources.found), make("p", {}, sources.outcome(sources.found))] : []);

const QUESTIONS = [
  {
    short: "Who is speaking?",
    ask: "Here are four units of the LSTM on the text above: blue where the unit is positive, orange where it is negative. Which one keeps its sign from the first letter of a speaker's name to the last, in ROMEO and in the second First Citizen?",
    text: DIALOGUE,
    look: ({ measured: { names } }) => ({ at: after(DIALOGUE, "lord.\n\nR") - 1, unit: names.decoys[0], pinned: units({ names }) }),
    choices: ({ names }) => units({ names }).map((unit) => [`Unit ${unit}`, unit === names.unit]),
    answer: ({ names: n }) => [`Unit ${n.unit} stays on one side of zero while a name is read. Only at the start of the text, where nothing has announced a name yet, it takes a few letters. To find units yourself, sort the heat map below by “follows …”; then try another text, for among 128 units some follow anything by chance.`,
      `Held at its average, it makes a character inside a name cost ${n.cost} bits more, on ${thousands(n.characters)} characters of new text; for half of all units that is ${n.median} or less. Unit ${n.closest.unit} costs even more there, ${n.closest.cost}: one unit keeps one number, and a name is spread over many.`],
    proof: rows,
    early: true,
    show: (app) => app.look(app.measured.names.unit),
  },
  {
    short: "Erase a name",
    ask: "The network has read PET. Before it reads the R of PETRUCHIO, the whole cell state c is set to 0, while h stays as it was. What does it forget?",
    text: NAME,
    look: () => ({ at: after(NAME, "PET") }),
    choices: ({ spelling: { right, capital } }) => {
      const [which, that] = [right, capital].map(([plain, erased]) => plain - erased > 10);
      return [["Which name it is, though not that this is a name", which && !that], ["That this is a name at all", that && !which], ["Both", which && that], ["Neither", !which && !that]];
    },
    answer: ({ spelling: s }) => ["It loses the name, but still knows that it is in one: it goes on to expect capitals and a colon. Those it can tell from h and from the letters that follow. After the colon nearly all is as before, for every new character writes into c again.",
      `On ${s.names} names, three letters in, the right character had ${s.right[0]} % on average and has ${s.right[1]} %; capitals and the colon together had ${s.capital[0]} % and have ${s.capital[1]} %. The rest of the name costs ${s.inside} bits more.`],
    proof: bars,
    show: (app) => app.changing.add("erase", "all", "here"),
  },
  {
    short: "c or h?",
    ask: "An LSTM passes two vectors on to the next step: the cell state c, and h. Before the u of “but” is read, you may erase one of them. Which costs more at the very next character, and which from the eleventh on?",
    text: SPEECH,
    look: () => ({ at: after(SPEECH, "married, b") }),
    choices: ({ erasing: { c, h } }) => [["h at once, c later", h.first > c.first && c.late > h.late], ["c at once, h later", c.first > h.first && h.late > c.late], ["c both times", c.first > h.first && c.late > h.late], ["h both times", h.first > c.first && h.late > c.late]],
    answer: ({ erasing: { c, h, places } }) => ["Losing h hurts at once, losing c hurts longer. The next step computes its gates and its candidate from h and the new character, never from c. What c holds survives an erased h, and shows in the next h again.",
      `On average over ${places} places, the next character costs ${bits(h.first)} bits more without h and ${bits(c.first)} without c. From the eleventh to the hundredth it is ${bits(h.late)} bits in all without h and ${bits(c.late)} without c.`],
    proof: both,
    show: (app) => app.changing.add("blank", "all", "here"),
  },
  {
    short: "Never forget",
    ask: "Now every forget gate is held open (1) at every step: whatever the cells have taken in, they keep. How well does the network predict this text?",
    text: SPEECH,
    look: () => ({ at: after(SPEECH, "are sped") }),
    choices: ({ gates: g, blind }) => [["Better: it remembers more", g.open < 0], ["Somewhat worse", g.open >= 0 && g.bits + g.open < blind], ["Worse than a blind guess", g.bits + g.open >= blind]],
    answer: ({ gates: g, blind }) => ["Forgetting is needed, too. With open gates c can only add up: what belonged to the last word stays mixed into this one, and the cells run into the flat ends of tanh, where nothing new shows. Look at the heat map: nearly every row becomes one full colour.",
      `A character costs ${g.bits} bits as trained and ${bits(g.bits + g.open)} with all forget gates open, on ${thousands(g.characters)} characters; a blind guess costs ${bits(blind)}. Of all cells, ${g.full[0]} % are beyond ±0.99 after tanh as trained, ${g.full[1]} % with open gates.`],
    proof: bars,
    show: (app) => app.changing.add("openf", "all", "ever"),
  },
  {
    short: "Who is missed?",
    ask: "A forget gate says how much of a unit's cell state survives a step. Shut the gate of one unit at every step, so that it keeps nothing. Which unit does the network miss most?",
    text: DIALOGUE,
    look: ({ measured: { gates } }) => ({ at: after(DIALOGUE, "ROMEO:\nThen sl"), unit: gates.unit }),
    choices: ({ gates: g }) => {
      const longest = g.among >= 7 && g.longest > g.shortest;
      return [["One of those that keep longest", longest], ["One that keeps for a few steps only", !longest && g.keeps < 80], ["One between", !longest && g.keeps >= 80]];
    },
    answer: ({ gates: g }) => [`Unit ${g.unit}, which keeps only ${g.keeps} % of its state at a step, on average. How open a gate is says how long a cell could keep something, not whether anything depends on it. No single unit is missed much.`,
      `Shut, it costs ${g.worst} bits per character, on ${thousands(g.characters)} characters that cost ${g.bits} each. The 13 units that keep longest cost ${number(g.longest)} bits on average, the 13 that keep shortest ${number(g.shortest)}.`],
    proof: bars,
    show: (app) => app.changing.add("shutf", "one", "ever"),
  },
  {
    short: "How far back?",
    ask: "The next character depends on what was read. How strongly, the gradient tells: how much the prediction would answer to a small change of an earlier input. Whose gradient reaches further back, the LSTM's or that of the tanh network, which has no gates?",
    text: SPEECH,
    look: () => ({ at: after(SPEECH, "I won t") - 1 }),
    choices: ({ gradients: { LSTM, RNN } }) => [["The LSTM's", LSTM.left > 10 * RNN.left], ["The tanh network's", RNN.left > 10 * LSTM.left], ["They are alike", Math.max(LSTM.left, RNN.left) <= 10 * Math.min(LSTM.left, RNN.left)]],
    answer: ({ gradients: { LSTM, GRU, RNN, predictions } }) => ["The cell keeps a path to the far past open, which the tanh network loses. Even so, most of what a prediction depends on is near in both.",
      `Medians over ${predictions} predictions: 50 characters back, the gradient has ${tiny(LSTM.left)} of its length at the last character in the LSTM, ${tiny(GRU.left)} in the GRU, ${tiny(RNN.left)} in the tanh network. Nine tenths of the gradient lie within ${LSTM.within} characters in the LSTM, ${RNN.within} in the tanh network.`],
    proof: curve,
    show: (app) => app.sources.beside(),
  },
];

export class Questions {
  constructor(app) {
    this.app = app;
    this.ask = make("p", { tabindex: -1 }); // where the focus goes
    this.choices = make("div", { class: "choices" });
    this.answer = make("p", { class: "answer", role: "status" });
    this.numbers = make("p", { class: "legend" });
    this.proof = make("div", { class: "proof" });
    this.card = make("div", { class: "question", hidden: true }, this.ask, this.choices, this.answer, this.proof, this.numbers);
    this.buttons = QUESTIONS.map((question, k) => make("button", { type: "button", "aria-pressed": "false", onclick: () => this.open(k) }, `${k + 1} ${question.short}`));
    this.back = make("button", { type: "button", hidden: true, onclick: () => this.restore() }, "Back to your text");
    this.element = make("div", { class: "questions", role: "group", "aria-label": "Six questions" },
      title("Six questions: commit to an answer, then see"), make("div", { class: "choices" }, ...this.buttons, this.back), this.card);
  }

  /** Put a question: its text, its place, and the answers to choose from. */
  async open(k) {
    const { app } = this;
    await app.wake();
    if (app.wanted !== "LSTM" || !app.net) await app.use("LSTM");
    if (!app.net) return;
    if (QUESTIONS.every(({ text }) => text !== app.input.value)) this.own = { text: app.input.value, at: app.at, unit: app.unit };
    const { ask, text, look, choices } = QUESTIONS[k];
    this.press(k);
    this.facts = { ...app.measured, blind: Math.log2(app.net.V) };
    app.text.colour("surprise");
    this.done = false;
    app.put(text, look(app));
    this.choices.replaceChildren(...choices(this.facts).map(([words, right]) => {
      const button = make("button", { type: "button", class: "choice", onclick: () => this.see(button) }, words);
      button.right = right;
      return button;
    }));
    this.ask.textContent = ask;
    this.answer.textContent = this.numbers.textContent = "";
    this.ask.focus({ preventScroll: true });
    this.reveal();
  }

  /** Which question is open; none: its changes are undone, and its answer goes. */
  press(k) {
    this.at = k;
    this.buttons.forEach((button, place) => { button.ariaPressed = String(place === k); });
    this.card.hidden = k === undefined;
    this.back.hidden = this.card.hidden;
  }

  /** The reader writes, or takes another network: the question was about something else. */
  close() {
    if (this.card.hidden) return;
    this.press();
    Object.assign(this.app, { changes: [], pinned: [] });
    this.app.text.colour("surprise");
    this.back.hidden = false;
  }

  /** The text that was in the box before the questions, and the step and the unit looked at. */
  restore() {
    this.press();
    this.app.text.colour("surprise");
    this.app.put(this.own?.text ?? DIALOGUE, this.own);
    this.app.input.focus();
  }

  /** The reader has chosen: say what was measured, and show it. */
  see(chosen) {
    const { app, facts } = this;
    for (const button of this.choices.children) {
      button.classList.toggle("right", button.right);
      button.classList.toggle("wrong", button === chosen && !button.right);
    }
    const { answer, show, text, look } = QUESTIONS[this.at];
    const truth = [...this.choices.children].find((button) => button.right).textContent;
    const [plain, numbers] = answer(facts);
    this.done = true;
    app.put(text, look(app)); // the reader may have looked elsewhere, or changed something
    show(app);
    this.answer.textContent = `${chosen.right ? "Yes." : `Not so: ${truth[0].toLowerCase()}${truth.slice(1)}.`} ${plain}`;
    this.numbers.replaceChildren(...written(numbers));
    this.reveal();
  }

  show() {
    const { proof, early } = QUESTIONS[this.at] ?? {};
    this.proof.replaceChildren(...(proof && (early || this.done) ? proof(this.app) : []));
  }

  /** Bring question and answer into sight. */
  reveal() { this.card.scrollIntoView({ block: "nearest", behavior: this.app.moves.matches ? "instant" : "smooth" }); }
}
