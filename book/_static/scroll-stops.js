// What is wider than its place and scrolls must be reachable from the keyboard, and only then take part in tabbing.
// Sizes are read when the browser has just worked them out, which it does for what is near the screen: to ask for all of
// them at once, as the theme's own script did, makes it lay out the whole page.
const PARTS = "pre, .math-scroll, .cell_output > .output, .pst-scrollable-table-container";
const STOP = { tabindex: 0 };
const FORMULA = { ...STOP, role: "group", "aria-label": "Formula, scrolls sideways" };

const sizes = new ResizeObserver((changed) => {
  const parts = changed.map(({ target }) => target.closest(PARTS)).filter(Boolean); // what was taken away has none
  for (const part of new Set(parts)) {
    const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
    for (const [name, value] of Object.entries(part.matches(".math-scroll") ? FORMULA : STOP)) {
      if (scrolls) part.setAttribute(name, value);
      else part.removeAttribute(name);
    }
  }
});

function watch(place) {
  for (const part of place.querySelectorAll(PARTS)) {
    sizes.observe(part);
    for (const inner of part.querySelectorAll(".base, :scope > table")) sizes.observe(inner); // a font may come late
  }
}

watch(document);
const added = new MutationObserver((changes) => new Set(changes.map(({ target }) => target)).forEach(watch));
added.observe(document.querySelector("main"), { subtree: true, childList: true });
