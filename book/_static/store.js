// What a reader leaves on this site, kept in this browser and nowhere else: pages read, exercises passed, quizzes ended,
// bookmarks, the text of cells; each by its address within the site. Nothing that is found there can break a page.
export const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
/** The name of a page at a path, the same at every host: some do without `.html`, and without `index.html` all. */
export const pageAt = (path) => path.slice(root.pathname.length).replace(/(^|\/)$/, "$1index").replace(/(\.html)?$/, ".html");
export const here = pageAt(location.pathname);
const KEY = `reading:${root.pathname}`, KINDS = ["read", "passed", "quizzes", "marks", "cells"];
const isList = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const changed = new EventTarget();

/** Is there a place to keep something? colours.js has put a stand-in where there is none. */
export const canKeep = () => !localStorage.forgets;

/** Is anything kept? */
export const isEmpty = () => !localStorage.getItem(KEY);

/** All that is kept, a list of names for each kind. */
export function load() {
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(KEY));
  } catch { /* not ours */ }
  return Object.fromEntries(KINDS.map((kind) => [kind, isList(kept?.[kind]) ? kept[kind] : {}]));
}

/** Keep a value, or forget it if it is nothing; a storage that is full stays as it was. */
export function keep(kind, name, value) {
  const kept = load();
  if (value) kept[kind][name] = value;
  else delete kept[kind][name];
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch { /* full */ }
  changed.dispatchEvent(new Event("change"));
}

export function forgetAll() {
  localStorage.removeItem(KEY);
  changed.dispatchEvent(new Event("change"));
}

/** Call a function whenever something has changed, here or in another tab: not when that tab has tried its storage. */
export function whenChanged(update) {
  changed.addEventListener("change", update);
  addEventListener("storage", ({ key }) => (key === KEY || key === null) && update()); // null: all is forgotten
}
