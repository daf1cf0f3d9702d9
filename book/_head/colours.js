// Storage that is switched off fails whoever looks at it, and one that is full whoever writes, which the theme's scripts
// do not expect: the search, the menu and the button for colours would stop there. They get one that forgets.
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    window[name].setItem("?", "");
    window[name].removeItem("?");
  } catch {
    const kept = new Map();
    const value = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, text) => void kept.set(key, String(text)),
      removeItem: (key) => void kept.delete(key),
      forgets: true,
    };
    Object.defineProperty(window, name, { value, configurable: true });
  }
}

// Chooses the colours before anything is painted; pages without JavaScript keep `data-theme="light"`.
(() => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const mode = localStorage.getItem("mode") || "auto";
  root.dataset.mode = mode;
  root.dataset.theme = mode === "light" || mode === "dark" ? mode : dark ? "dark" : "light";
  // A place that is come back to, or that a link names, is where it was if all above it has its height (late-layout.js).
  const [arrival] = performance.getEntriesByType("navigation");
  if (location.hash || (arrival && arrival.type !== "navigate")) root.dataset.whole = "";
  // The face is asked for once the first screen is there, of which it would take a share of a slow line; a stand-in has
  // its measures. From the second page on the browser has it.
  const face = () => { root.dataset.face = ""; sessionStorage.setItem("face", "here"); };
  if (sessionStorage.getItem("face")) face();
  else addEventListener("load", () => setTimeout(face));
  // Paper is white.
  let shown;
  addEventListener("beforeprint", () => { shown = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => { root.dataset.theme = shown; });
})();

// A browser runs no modules for a page that was opened as a file: no cell runs, nothing is kept or found.
if (location.protocol === "file:") {
  addEventListener("DOMContentLoaded", () => {
    const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
    const folder = decodeURIComponent(root.pathname).replace(/^\/(?=[A-Z]:)/, "").replace(/(.)\/$/, "$1");
    const code = (text) => Object.assign(document.createElement("code"), { textContent: text });
    const note = Object.assign(document.createElement("p"), { className: "from-file" });
    note.append("This page was opened as a file, from where a browser runs no code: run ",
      code(`python -m http.server --directory "${folder}"`), " and open ", code("http://localhost:8000/"),
      ", or run ", code("make serve"), " if you have the book’s sources.");
    document.querySelector("article, main")?.prepend(note);
  });
}
