// Brings the line on the first page to life once the page has loaded. Until then, and without scripts, it is a text that
// the same network wrote when the book was built.
async function wake() {
  const { LiveLine } = await import("./line.js");
  for (const root of document.querySelectorAll(".live-line")) new LiveLine(root);
}
if (document.readyState === "complete") wake();
else addEventListener("load", wake);
