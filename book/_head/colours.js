// Chooses the colours before anything is painted; pages without JavaScript keep `data-theme="light"`.
(() => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
  let mode = "auto";
  try { mode = localStorage.getItem("mode") || mode; } catch { /* storage is switched off */ }
  root.dataset.mode = mode;
  root.dataset.theme = mode === "light" || mode === "dark" ? mode : dark ? "dark" : "light";
  // Paper is white.
  let shown;
  addEventListener("beforeprint", () => { shown = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => { root.dataset.theme = shown; });
})();
