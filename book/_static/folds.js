// The second layer of a page: one button opens all of it, and a link that leads into a fold opens that fold. Browsers do
// the latter themselves for what lies inside, but not all of them, and none shows the fold's title then.
const folds = [...document.querySelectorAll("article details.deeper")];
const button = document.querySelector(".unfold-all button");

/** What the button would do now. */
const would = () => (folds.every((fold) => fold.open) ? "Fold" : "Unfold");

function tell() {
  const text = `${would()} ${button.dataset.what}`;
  if (button.textContent !== text) button.textContent = text;
}

/** Open every fold around the place that the address names; a link to a fold itself shows its title. */
function reveal() {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = place?.closest("details.deeper");
  if (!fold) return;
  for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  (place.matches(".fold-place") ? fold : place).scrollIntoView();
}

button.addEventListener("click", () => {
  const open = would() === "Unfold";
  for (const fold of folds) fold.open = open;
  tell();
});
for (const fold of folds) fold.addEventListener("toggle", tell);
addEventListener("hashchange", reveal);
document.addEventListener("click", ({ target }) => {
  const link = target.closest?.("a[href^='#']");
  if (link && link.hash === location.hash) setTimeout(reveal); // the address stays: nothing else tells
});
tell();
reveal();
