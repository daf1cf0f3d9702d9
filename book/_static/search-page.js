// The search page is there to be typed into. And what Sphinx's search leaves to be wished: results lead to the section that
// the words stand in and show it as it reads, chapters come in their order, and words are marked on the page that is opened
// from here alone. This runs before the index is read, and so before the first result.
/* global Search, Scorer */
const field = document.querySelector(".bd-search-container input[type=search]");
field?.focus();
field?.select();

const MARKS = "sphinx_highlight_terms"; // where sphinx_highlight.js looks for them
const LENGTH = 240; // of an excerpt, in characters
const titles = "h1, h2, h3, h4";
let words = [];

/** Sections whose titles have the words count for their chapter; of equals, the first of the book comes first. */
Scorer.score = ([page, , , , score]) => {
  const { docnames, alltitles } = Search._index, at = docnames.indexOf(page);
  const sections = Object.entries(alltitles).filter(([title, places]) =>
    has(title, words) && places.some(([of]) => of === at));
  return score + Math.min(sections.length, 5) - at / 1000;
};

const has = (text, all) => all.length > 0 && all.every((word) => text.toLowerCase().includes(word));

const query = Search.query;
Search.query = (text) => {
  words = text.toLowerCase().split(/\s+/).filter(Boolean);
  query(text);
  const marks = localStorage.getItem(MARKS);
  localStorage.removeItem(MARKS);
  document.getElementById("search-results").onclick = ({ target }) => {
    if (target.closest("a") && marks) localStorage.setItem(MARKS, marks);
  };
};

/** A page as it reads: a formula once, by its symbols, and nothing that only works there. */
function read(html) {
  const page = new DOMParser().parseFromString(html, "text/html").querySelector("article");
  for (const part of page?.querySelectorAll(".katex-html, annotation, .headerlink, script, style, button, .run-bar") ?? []) part.remove();
  for (const part of page?.querySelectorAll("p, li, dt, dd, td, th, pre, summary, h1, h2, h3, h4") ?? []) part.append(" ");
  return page;
}

/** The part of a page that has most of some words, and of those with as many the one that has them in its title or often. */
function place(page, stems) {
  const sections = [...page.querySelectorAll("section[id]")].map((section) => {
    const own = section.cloneNode(true);
    for (const inner of own.querySelectorAll("section")) inner.remove();
    const title = own.querySelector(titles)?.textContent ?? "", found = stems.filter((stem) => has(own.textContent, [stem]));
    own.querySelector(titles)?.remove();
    const text = own.textContent, lower = text.toLowerCase();
    const often = Math.min(...found.map((stem) => lower.split(stem).length - 1), 9);
    return { section, text, found, weight: found.length && found.length + (has(title, stems) ? 0.5 : 0) + often / 20 };
  });
  return sections.reduce((best, one) => (one.weight > (best?.weight ?? 0) ? one : best), undefined);
}

Search.makeSearchSummary = (html, stems, anchor) => {
  const page = read(html), named = anchor && page?.querySelector(`[id="${CSS.escape(anchor.slice(1))}"]`);
  const best = page && (named ? { text: named.textContent, found: [...stems] } : place(page, [...stems]));
  if (!best) return document.createElement("p");
  const text = best.text.replace(/\s+/g, " ").trim();
  const first = Math.min(...best.found.map((stem) => text.toLowerCase().indexOf(stem)).filter((i) => i >= 0), text.length);
  const from = first === text.length || first < LENGTH / 2 ? 0 : text.indexOf(" ", first - LENGTH / 2) + 1;
  const to = from + LENGTH < text.length ? text.lastIndexOf(" ", from + LENGTH) : text.length;
  const said = `${from ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
  const summary = Object.assign(document.createElement("p"), { className: "context", textContent: said });
  const title = best.section?.querySelector(titles);
  if (title && !title.matches("h1")) {
    queueMicrotask(() => { // then it stands below its link
      const link = summary.parentElement.querySelector("a");
      link.hash = best.section.id;
      link.append(` › ${title.textContent.trim()}`);
    });
  }
  return summary;
};
