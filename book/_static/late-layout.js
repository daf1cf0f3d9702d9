// Lays out what is far from the screen, a section at a time, when the page has been there for a while and the browser has
// nothing else to do. Until then heights are guessed, and pictures of the whole page have blanks.
const PATIENCE = 1000; // ms after all has loaded: the first screen is painted and its menus are ready by then
const root = document.documentElement;
const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 50)); // Safari has none
const late = "whole" in root.dataset ? [] : [...document.querySelectorAll(".bd-article > section > section")];

function next() {
  const section = late.shift();
  if (!section) return (root.dataset.whole = "");
  section.style.contentVisibility = "visible";
  section.getBoundingClientRect(); // now, so that the next section waits for another idle moment
  idle(next, { timeout: 500 });
}

// The end of a page is where it is when all has its height.
addEventListener("keydown", ({ key }) => {
  if (key === "End") root.dataset.whole = "";
});
addEventListener("load", () => setTimeout(() => idle(next, { timeout: 500 }), PATIENCE));
