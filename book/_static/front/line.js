// The line on the first page: what a reader types, and how a network goes on. The network is loaded when the line is
// touched.
import { encode, unpack } from "../explainer/model.js";
import { make } from "../touch/frame.js";
import { uniforms, write } from "./writer.js";

const LONGEST = 120; // characters of the reader's
const A_FRAME = 3; // characters written while the screen is drawn once
const PAUSE = 1200; // ms without a key, after which it is said what the network wrote
const failed = "The network could not be loaded. Touch the line to try again.";

export class LiveLine {
  constructor(root) {
    const { kind, hidden, tokens, tau, length, states } = root.dataset;
    Object.assign(this, { root, kind, hidden: Number(hidden), tokens, tau: Number(tau), length: Number(length) });
    this.states = JSON.parse(states);
    this.turn = 0; // which of the generator's states
    this.writing = 0; // number of the writing that may go on
    this.line = root.querySelector(".line");
    this.yours = root.querySelector(".yours");
    this.its = root.querySelector(".its");
    this.note = make("span", { class: "note", role: "alert" });
    this.status = make("span", { class: "visually-hidden", role: "status" });
    const another = make("button", { type: "button", onclick: () => this.another() }, "Another way to go on");
    root.append(make("p", { class: "controls" }, another, this.note, this.status));
    this.makeEditable();
    for (const touch of ["pointerenter", "focusin"]) root.addEventListener(touch, () => this.load().catch(() => {}));
  }

  makeEditable() {
    const { yours } = this;
    try {
      yours.contentEditable = "plaintext-only";
    } catch {
      yours.contentEditable = "true"; // Firefox before 136
    }
    const said = { role: "textbox", "aria-label": "Beginning of a line, which a network continues", spellcheck: "false", autocapitalize: "off", autocorrect: "off", enterkeyhint: "go" };
    for (const [name, value] of Object.entries(said)) yours.setAttribute(name, value);
    this.line.addEventListener("click", ({ target }) => target !== yours && this.toEnd());
    yours.addEventListener("focus", () => (this.arriving = setTimeout(() => this.arrive()))); // the browser sets its cursor after this
    yours.addEventListener("input", () => this.changed());
    yours.addEventListener("keydown", (event) => {
      this.arrive(); // a key may be faster than the timer
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.another();
    });
    yours.addEventListener("paste", (event) => {
      event.preventDefault();
      document.execCommand("insertText", false, event.clipboardData.getData("text/plain").replace(/\s+/g, " "));
    });
  }

  /** What the reader has written, in the characters of a plain text. */
  get text() {
    return this.yours.textContent.replace(/\u00a0/g, " ");
  }

  /** Who comes by Tab and has written nothing goes on at the end of what stands there. */
  arrive() {
    if (this.arriving && this.before === undefined && getSelection().isCollapsed) this.toEnd();
    this.arriving = clearTimeout(this.arriving);
  }

  /** The cursor goes where the network's part begins. */
  toEnd() {
    this.yours.focus();
    getSelection().selectAllChildren(this.yours);
    getSelection().collapseToEnd();
  }

  async load() {
    this.loading ??= fetch(new URL(`../explainer/${this.kind.toLowerCase()}.f16`, import.meta.url))
      .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
      .then((buffer) => unpack(this.kind, this.tokens, this.hidden, buffer));
    try {
      this.net = await this.loading;
      if (this.note.textContent === failed) this.note.textContent = "";
      return this.net;
    } catch (error) {
      this.loading = undefined;
      this.note.textContent = failed;
      throw error;
    }
  }

  changed() {
    if (this.text.length > LONGEST) {
      this.yours.textContent = this.text.slice(0, LONGEST);
      this.toEnd();
    }
    for (const link of document.querySelectorAll("a.start-there")) link.hash = new URLSearchParams({ text: this.text.trim() });
    this.turn = 0;
    this.goOn();
  }

  another() {
    this.turn = (this.turn + 1) % this.states.length;
    this.goOn();
  }

  async goOn() {
    const mine = ++this.writing;
    const text = this.before = this.text;
    const net = await this.load().catch(() => null);
    if (!net || mine !== this.writing) return;
    const unknown = encode(net, text).find(({ id, read }) => id < 0 && read);
    this.note.textContent = unknown ? `The network does not know “${unknown.sign}” and leaves it out.` : "";
    this.its.style.animation = "none"; // what stood here is no longer being written
    const characters = write(net, text, this.tau, uniforms(this.states[this.turn]));
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let written = "";
    const some = () => {
      if (mine !== this.writing) return;
      for (let n = still ? this.length : A_FRAME; n > 0 && written.length < this.length; n -= 1) written += characters.next().value;
      this.its.textContent = written;
      if (written.length < this.length) requestAnimationFrame(some);
      else this.tell(written);
    };
    some();
  }

  /** For those who do not see it, once the reader pauses. */
  tell(written) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => (this.status.textContent = `The network goes on: ${written}`), PAUSE);
  }
}
