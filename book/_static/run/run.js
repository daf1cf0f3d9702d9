// Code cells that run in the page. Nothing of Python is loaded before the first click; see worker.js for what runs it.
// Which cells can run is decided when the site is built (book/_ext/runtime/run_in_page.py): they have the class `can-run`.
import { here, keep, load } from "../store.js";

/** An element with properties and children. */
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const hidden = (text) => make("span", { className: "visually-hidden", textContent: text });
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/** Has the host's policy forbidden the thread that Python would run in? */
const FORBIDDEN = "this site's host forbids workers: its Content-Security-Policy needs worker-src 'self'";
let forbidden = false;
document.addEventListener("securitypolicyviolation", ({ effectiveDirective: what, blockedURI }) => {
  forbidden ||= what === "worker-src" || blockedURI.includes("/run/worker.js");
});

/** The one Python of this page: runs cells one after another, keeps what they define, and can only be stopped whole. */
const python = {
  worker: null,
  queue: [],

  run(cells) {
    for (const cell of cells) if (!this.queue.includes(cell)) this.queue.push(cell), cell.waits();
    this.next();
  },

  next() {
    if (this.current) return;
    this.current = this.queue[0];
    if (!this.current) return;
    if (!this.worker) {
      try {
        this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      } catch { // the policy of the page's host, as some browsers tell it
        this.current.starts();
        return this.heard({ kind: "broken", content: FORBIDDEN });
      }
      this.worker.onmessage = ({ data }) => this.heard(data);
      this.worker.onerror = (event) => this.heard({ kind: "broken", content: event.message || (forbidden ? FORBIDDEN : "the files could not be loaded") });
    }
    this.current.starts();
    this.worker.postMessage({ code: this.current.code, name: `cell ${this.current.number}` });
  },

  heard({ kind, ...data }) {
    const cell = this.current;
    if (!cell) return;
    if (kind === "progress") cell.loads(data.loaded, data.expected);
    else if (kind === "started") cell.computes();
    else if (kind === "done") {
      this.current = null;
      this.queue.shift();
      if (!data.ok) this.empty();
      if (data.unknown && cell.lacksSetUp) return this.run([cells[0], cell]);
      cell.ends(data);
      this.next();
    } else if (kind === "broken") {
      this.end();
      cell.breaks(data.content);
    } else cell.puts(kind, data.content);
  },

  /** Let the cells that wait go. */
  empty() {
    for (const cell of this.queue.splice(0)) cell.says("");
  },

  /** Take a cell out of the row; the one that runs can only be ended with all of Python. */
  drop(cell) {
    if (this.current === cell) this.end();
    else this.queue = this.queue.filter((other) => other !== cell);
  },

  /** End Python: everything that cells have defined is gone. */
  end() {
    this.worker?.terminate();
    this.worker = this.current = null;
    this.empty();
    for (const cell of cells) cell.fresh = false;
  },
};

class Cell {
  constructor(root, number) {
    this.number = number;
    this.source = root.querySelector(".cell_input .highlight");
    this.original = this.source.querySelector("pre").textContent.replace(/\n$/, "");
    this.stored = root.querySelector(".cell_output");
    this.fresh = false; // has its code, as it stands, been run in this Python?
    this.bar = root.querySelector(".run-bar");
    const button = (text, action) => {
      const made = make("button", { type: "button", onclick: () => action.call(this) }, text, hidden(` cell ${number}`));
      this.bar.append(made);
      return made;
    };
    this.runButton = button("Run", () => python.run([this]));
    this.stopButton = button("Stop", this.stop);
    this.editButton = button("Edit", this.edit);
    this.aboveButton = number > 1 && button("Run all above", () => python.run(this.above()));
    this.resetButton = button("Reset", this.reset);
    this.status = make("span", { className: "run-status", role: "status" });
    this.clock = make("span", { className: "run-clock", ariaHidden: "true" });
    this.progress = make("progress", { ariaLabel: "Loading Python", hidden: true });
    this.bar.append(this.progress, this.status, this.clock);
    this.output = make("div", { className: "cell_output run-output", ariaLive: "polite" });
    this.bar.after(this.output);
    this.stopButton.hidden = this.resetButton.hidden = true;
    root.dataset.run = "ready";
  }

  get code() {
    return this.area?.value ?? this.original;
  }

  /** Has the page's first cell, which is folded away and which nobody thinks of, still to be run? */
  get lacksSetUp() {
    return this !== cells[0] && !cells[0].fresh && Boolean(cells[0].source.closest("details"));
  }

  /** The cells above, from the first on that has not been run as it stands. */
  above() {
    const before = cells.slice(0, cells.indexOf(this));
    const first = before.findIndex((cell) => !cell.fresh);
    return first < 0 ? [] : before.slice(first);
  }

  says(text) {
    this.status.textContent = text;
    this.clock.textContent = "";
    clearInterval(this.timer);
  }

  waits() {
    this.says("Waits for the cell that is running.");
  }

  starts() {
    this.output.ariaBusy = "true";
    this.blank = true; // what is shown is replaced by the first piece of new output
    this.images = 0;
    this.failed = null;
    this.stopButton.hidden = this.resetButton.hidden = false;
    if (document.activeElement === this.runButton) this.stopButton.focus(); // what is hidden loses the focus at once
    this.runButton.hidden = true;
    this.says("Loading Python …");
  }

  loads(loaded, expected) {
    Object.assign(this.progress, { hidden: false, value: loaded, max: expected });
    this.clock.textContent = `${megabytes(loaded)} of ${megabytes(expected)} MB`;
  }

  computes() {
    const from = Date.now();
    this.progress.hidden = true;
    this.says("Running …");
    this.timer = setInterval(() => (this.clock.textContent = `${Math.round((Date.now() - from) / 1000)} s`), 1000);
  }

  /** Take away the output that is shown, the stored one or that of an earlier run. Figures stay in their places. */
  clear() {
    if (!this.blank) return;
    this.blank = false;
    this.output.replaceChildren();
    for (const part of this.stored?.children ?? []) part.hidden = !part.querySelector("img");
  }

  puts(kind, content) {
    this.clear();
    if (kind === "image") return this.draws(content);
    if (kind === "html") return this.embeds(content);
    const name = { text: "stream", result: "text_plain", error: "run-error" }[kind];
    let last = this.output.lastElementChild;
    if (kind !== "text" || !last?.matches(".stream")) {
      last = make("div", { className: `output ${name}` }, make("pre", { tabIndex: 0 }));
      this.output.append(last);
    }
    last.firstChild.append(content.replace(/^[^\n]*\r(?!\n)/gm, "")); // tqdm goes back to the beginning of its line
    if (kind === "error") this.failed = last;
  }

  /** Put a figure into the place of the stored one, under its caption and with its description, or at the end. */
  draws(address) {
    const place = this.stored?.querySelectorAll("img")[this.images++];
    if (!place) return this.output.append(make("img", { src: address, alt: "Figure that your code has drawn." }));
    place.dataset.src ??= place.getAttribute("src");
    place.dataset.alt ??= place.alt;
    place.src = address;
    place.alt = this.code === this.original ? place.dataset.alt : `Drawn by your code. The book's figure: ${place.dataset.alt}`;
  }

  async embeds(html) {
    const part = make("div", { className: "output text_html", innerHTML: html });
    this.output.append(part);
    for (const { dataset } of part.querySelectorAll("[data-touch]")) {
      (await import(new URL(`../touch/${dataset.touch.replace("-", "_")}.js`, import.meta.url))).build();
    }
  }

  ends({ ok, unknown, seconds }) {
    this.clear();
    this.fresh = ok;
    const drawn = [...(this.stored?.querySelectorAll("img") ?? [])].slice(this.images);
    for (const image of drawn) image.closest(".cell_output > *").hidden = true;
    this.rests(`${ok ? "Done" : "Stopped by an error"} after ${seconds.toFixed(seconds < 10 ? 1 : 0)} s.`);
    // An exercise's check has said ✓: progress.js keeps that.
    if (/^✓ /m.test(this.output.textContent)) this.bar.dispatchEvent(new CustomEvent("book:exercise-passed", { bubbles: true }));
    if (unknown) this.offersThoseAbove(this.failed, `Perhaps a cell above defines ${unknown}: `);
  }

  /** A button that brings back what this cell needs and runs it. It goes with the output that it stands in. */
  offersThoseAbove(place, why) {
    if (!this.above().length) return;
    const run = () => (this.runButton.focus(), python.run([...this.above(), this]));
    const button = make("button", { type: "button", onclick: run }, "Run all above, then this cell");
    place.append(make("p", { className: "run-offer" }, why, button));
  }

  /** Back to where it can be run. */
  rests(text) {
    this.progress.hidden = true;
    this.output.ariaBusy = "false";
    const focused = document.activeElement === this.stopButton;
    this.stopButton.hidden = !(this.runButton.hidden = false);
    if (focused) this.runButton.focus();
    this.says(text);
  }

  breaks(reason) {
    const again = reason.includes("host forbids") ? "" : " What cells had defined is gone: run again from the first cell on.";
    this.rests(`Python could not go on (${reason}).${again}`);
  }

  stop() {
    python.end();
    this.rests("Stopped. What cells had defined is gone.");
    this.blank = true;
    this.offersThoseAbove(this.output, "To go on: ");
  }

  reset() {
    python.drop(this);
    this.fresh = false;
    this.editor?.remove();
    this.area = this.editor = null;
    this.source.hidden = this.editButton.hidden = false;
    this.output.replaceChildren();
    for (const part of this.stored?.children ?? []) part.hidden = false;
    for (const image of this.stored?.querySelectorAll("img[data-src]") ?? []) {
      Object.assign(image, { src: image.dataset.src, alt: image.dataset.alt });
    }
    this.rests("The book's code and output.");
    this.resetButton.hidden = true;
    this.runButton.focus();
    keep("cells", this.name, "");
  }

  edit() {
    this.opens(this.original);
    const fold = this.editor.closest("details");
    if (fold) fold.open = true;
    this.area.focus();
    this.area.setSelectionRange(0, 0);
  }

  /** Put an editor in the place of the code. What is typed is kept from then on. */
  opens(text) {
    const hint = make("p", { className: "run-hint", id: `run-hint-${this.number}` }, "Ctrl+Enter runs. Tab indents; Esc, then Tab leaves.");
    this.area = make("textarea", { value: text, spellcheck: false, wrap: "off", autocapitalize: "off" });
    this.area.setAttribute("autocorrect", "off");
    this.area.setAttribute("aria-label", `Code of cell ${this.number}`);
    this.area.setAttribute("aria-describedby", hint.id);
    const fit = () => (this.area.rows = this.area.value.split("\n").length);
    this.area.oninput = () => {
      this.fresh = false;
      fit();
      keep("cells", this.name, this.code === this.original ? "" : this.code);
    };
    this.area.onkeydown = (event) => this.key(event);
    fit();
    this.editor = make("div", {}, this.area, hint);
    this.source.hidden = this.editButton.hidden = true;
    this.source.after(this.editor);
    this.resetButton.hidden = false;
  }

  /** Keys of the editor. After Escape, Tab moves on to the next element as everywhere. */
  key(event) {
    const { key, shiftKey, ctrlKey, metaKey } = event;
    const type = (text) => (event.preventDefault(), document.execCommand("insertText", false, text));
    const { value, selectionStart: at } = this.area;
    const begin = value.lastIndexOf("\n", at - 1) + 1, line = value.slice(begin, at);
    if (key === "Enter" && (ctrlKey || metaKey || shiftKey)) event.preventDefault(), python.run([this]);
    else if (key === "Enter") type("\n" + line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : ""));
    else if (key === "Tab" && !this.leaving && !shiftKey) type(" ".repeat(4 - (line.length % 4)));
    this.leaving = key === "Escape";
  }
}

const roots = location.protocol === "file:" ? [] : [...document.querySelectorAll("div.cell.can-run, div.cell.cannot-run")];
const cells = roots.flatMap((root, index) => {
  if (root.matches(".can-run")) return [new Cell(root, index + 1)];
  const need = root.className.match(/\bneeds-(\w+)/)[1];
  const name = { torch: "PyTorch", jupyter: "a notebook" }[need] ?? need;
  const lacking = `Needs ${name}, which a web page does not have`;
  const reason = need === "draws" ? "Draws its random numbers after a cell that cannot run in a web page" : lacking;
  root.querySelector(".run-bar").append(`${reason}: the output is the book's.`);
  return [];
});

/** Give a cell the name under which its text is kept: by what the book has there, and which of equal ones it is. */
const seen = new Map(), kept = load().cells;
for (const cell of cells) {
  let sum = 0;
  for (const letter of cell.original) sum = (Math.imul(sum, 31) + letter.codePointAt(0)) | 0;
  const nth = (seen.get(sum) ?? 0) + 1;
  seen.set(sum, nth);
  cell.name = `${here}#${(sum >>> 0).toString(36)}-${nth}`;
  if (typeof kept[cell.name] !== "string") continue;
  cell.opens(kept[cell.name]);
  cell.says("Your code from before. Reset brings the book's back.");
}
