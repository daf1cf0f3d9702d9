// A formula that is wider than the screen must be reachable from the keyboard, and only then take part in tabbing.
const displays = [...document.querySelectorAll(".math-scroll")];
const update = () => {
  for (const display of displays) {
    if (display.scrollWidth > display.clientWidth + 1) {
      display.tabIndex = 0;
      display.setAttribute("role", "group");
      display.setAttribute("aria-label", "Formula, scrolls sideways");
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) display.removeAttribute(name);
    }
  }
};
new ResizeObserver(update).observe(document.documentElement);
document.fonts.ready.then(update);
