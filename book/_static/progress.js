// What a reader has read, passed and bookmarked. Without storage nothing is shown.
// A cell that has run in the page and in which an exercise's check said ✓ tells so with the bubbling event PASSED.
import { canKeep, forgetAll, here, isEmpty, keep, load, pageAt, root, whenChanged } from "./store.js";

const PASSED = "book:exercise-passed";
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const words = (heading) => all("a.headerlink, button", heading).reduce((text, one) => text.replace(one.textContent, ""), heading.textContent).trim();
const button = (className, onclick) => make("button", { type: "button", className, onclick });

const shown = []; // what to bring up to date when something has changed
const show = () => {
  const kept = load();
  for (const update of shown) update(kept);
};

/** A chapter: its end, a mark when it is reached, and what has been passed on the way. */
function chapter(article) {
  const exercises = all(".exercise.admonition", article);
  const toggle = button("read-toggle", () => {
    watch.disconnect(); // the reader's word counts
    keep("read", here, load().read[here] ? 0 : 1);
  });
  const passed = make("span", { className: "passed-count" });
  article.append(make("div", { className: "chapter-end", role: "group", ariaLabel: "Your progress" }, toggle, passed));
  const headings = all("h2", article), seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) seen.add(target);
    if (seen.has(toggle) && seen.size > headings.length / 2) { // not for a jump to the end
      watch.disconnect();
      keep("read", here, 1);
    }
  });
  if (!load().read[here]) for (const one of [...headings, toggle]) watch.observe(one);
  shown.push((kept) => {
    const mine = exercises.filter((one) => kept.passed[`${here}#${one.id}`]);
    toggle.textContent = "Chapter read";
    toggle.ariaPressed = String(Boolean(kept.read[here]));
    passed.textContent = mine.length ? `${mine.length} of ${exercises.length} exercises passed` : "";
    for (const one of exercises) one.classList.toggle("passed", mine.includes(one));
  });
  article.addEventListener(PASSED, ({ target }) => {
    if (target.closest(".solution")) return;
    const before = exercises.filter((one) => one.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (before.length) keep("passed", `${here}#${before.at(-1).id}`, 1);
  });
  article.addEventListener("toggle", ({ target }) => setTimeout(() => { // once check-yourself.js has noted the answer
    const quiz = target.closest(".check-yourself");
    if (quiz && all(".question", quiz).every((one) => one.dataset.first)) keep("quizzes", here, 1);
  }), true);
}

/** A button beside each section's heading. */
function bookmarks(article) {
  for (const heading of all("section[id] > :is(h2, h3)", article)) {
    const name = `${here}#${heading.parentElement.id}`, title = words(heading);
    const mark = button("bookmark", () => keep("marks", name, load().marks[name] ? 0 : `${words(article.querySelector("h1"))}: ${title}`));
    mark.ariaLabel = `Bookmark ${title}`;
    heading.after(mark);
    shown.push((kept) => (mark.ariaPressed = String(name in kept.marks)));
  }
}

/** Links of the menu and of the table of contents to what has been read. */
function menus() {
  const links = all(".bd-links a, .toctree-wrapper a").map((link) => [link, pageAt(link.pathname)]);
  shown.push((kept) => {
    for (const [link, page] of links) {
      const tick = link.querySelector(".read-tick");
      if (!kept.read[page]) tick?.remove();
      else if (!tick) link.append(make("span", { className: "read-tick" }, make("span", { className: "visually-hidden", textContent: " (read)" })));
    }
  });
}

/** The list on the first page. */
function list(place) {
  shown.push((kept) => {
    const kinds = { read: "Chapters read", passed: "exercises passed", quizzes: "quizzes answered", cells: "cells changed" };
    const said = Object.entries(kinds)
      .map(([kind, text]) => `${text}: ${Object.keys(kept[kind]).length}`);
    const marks = Object.entries(kept.marks).map(([name, title]) => {
      const remove = button("forget", () => {
        keep("marks", name, 0);
        place.querySelector("h3").focus();
      });
      remove.append("Remove", make("span", { className: "visually-hidden", textContent: ` bookmark ${title}` }));
      return make("li", {}, make("a", { href: new URL(name, root), textContent: title }), " ", remove);
    });
    place.replaceChildren();
    if (isEmpty()) return;
    const clear = button("forget", () => {
      if (clear.dataset.sure) return forgetAll();
      clear.dataset.sure = clear.textContent = "Forget all of it? Press again";
    });
    clear.textContent = "Forget all";
    place.append(
      make("h3", { textContent: "Your progress", tabIndex: -1 }),
      make("p", {}, `${said.join(", ")}. Kept in this browser, told to nobody. `, clear),
      make("ul", {}, ...marks),
    );
  });
}

if (canKeep()) {
  const article = document.querySelector("article.bd-article");
  const place = document.querySelector(".your-progress");
  if (article?.querySelector("h1 .section-number")) chapter(article);
  if (article) bookmarks(article);
  if (place) list(place);
  menus();
  whenChanged(show);
  show();
}
