// The contents beside a page mark the section that is being read: what crosses a line a quarter down the window. Near the
// page's end the line moves down to its foot, so that the last sections have their turn.
const links = [...document.querySelectorAll("#pst-page-toc-nav a[href^='#']")];
const link = new Map(links.map((a) => [document.getElementById(decodeURIComponent(a.hash.slice(1))), a]));
let waiting = 0;

/** The last of some sections that begins above the line. */
const begun = (sections, line) => [...sections].findLast((s) => link.has(s) && s.getBoundingClientRect().top <= line);

function mark() {
  waiting = 0;
  const { scrollHeight } = document.documentElement, left = scrollHeight - innerHeight - scrollY;
  const ends = left < Math.min(innerHeight, scrollHeight - innerHeight);
  const line = innerHeight * (ends ? 1 - (0.75 * left) / innerHeight : 0.25);
  const section = begun(document.querySelectorAll("article > section > section"), line);
  // Only what is read is looked into: to ask where the parts of other sections are would lay them out.
  let read = section && (begun(section.querySelectorAll("section"), line) ?? section);
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (ends && link.has(target) && target.getBoundingClientRect().bottom > 0) read = target; // it cannot come higher
  for (const [of, a] of link) {
    a.classList.toggle("active", of === read);
    a.ariaCurrent = of === read ? "true" : null;
    a.closest(".toc-entry").classList.toggle("active", of.contains(read ?? null));
  }
}

function soon() {
  if (!waiting) waiting = requestAnimationFrame(mark);
}

for (const event of ["scroll", "resize", "hashchange"]) addEventListener(event, soon, { passive: true });
const article = document.querySelector("article");
if (article) new ResizeObserver(soon).observe(article); // sections that are laid out late move what is below them
soon();
