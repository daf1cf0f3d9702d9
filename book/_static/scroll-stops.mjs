// What is wider than its place and scrolls must be reachable from the keyboard, and only then take part in tabbing.
const update = () => {
  for (const formula of document.querySelectorAll(".math-scroll")) {
    if (formula.scrollWidth > formula.clientWidth) {
      formula.tabIndex = 0;
      formula.setAttribute("role", "group");
      formula.setAttribute("aria-label", "Formula, scrolls sideways");
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) formula.removeAttribute(name);
    }
  }
  // The theme sees to these when the window changes its size, but what is folded away has none at that time.
  for (const part of document.querySelectorAll("pre, .cell_output > .output, .pst-scrollable-table-container")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
};
new ResizeObserver(update).observe(document.documentElement); // unfolding makes the page higher
document.fonts.ready.then(update);
