// What is wider than its place and scrolls must be reachable from the keyboard, and only then take part in tabbing.
// Sizes are read when the browser has just worked them out: to ask for all of them at once, as the theme's own script
// did, makes it lay out the whole page before the first word can be read. Until then, all that may scroll can be reached.
const PARTS = "pre, .math-scroll, .cell_output > .output, .pst-scrollable-table-container";
const STOP = { tabindex: 0 };
const FORMULA = { ...STOP, role: "group", "aria-label": "Formula, scrolls sideways" };

/** Take a part into tabbing, or out of it. */
function stop(part, scrolls) {
  if (scrolls === (part.getAttribute("tabindex") === "0")) return;
  for (const [name, value] of Object.entries(part.matches(".math-scroll") ? FORMULA : STOP)) {
    if (scrolls) part.setAttribute(name, value);
    else part.removeAttribute(name);
  }
}

const sizes = new ResizeObserver((changed) => {
  const parts = new Set(changed.map(({ target }) => target.closest(PARTS)).filter(Boolean)); // what was taken away has none
  // First all are read, then all are written: a change between two readings would have the page laid out once more.
  const read = [...parts].map((part) => [part, part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight]);
  for (const [part, scrolls] of read) stop(part, scrolls);
});

function watch(place) {
  for (const part of place.querySelectorAll(PARTS)) {
    sizes.observe(part);
    for (const inner of part.querySelectorAll(".base, :scope > table")) sizes.observe(inner); // a font may come late
  }
}

for (const part of document.querySelectorAll(PARTS)) stop(part, true);
watch(document);
const added = new MutationObserver((changes) => new Set(changes.map(({ target }) => target)).forEach(watch));
added.observe(document.querySelector("main"), { subtree: true, childList: true });
