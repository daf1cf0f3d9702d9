// What the buttons and menus of a page's frame do: print, full screen, colours, search, and the sidebars on phones. It
// stands for the theme's script, which does the last three too; that one also measures everything that may scroll at
// each change of the page, a third of a phone's work on opening a chapter, and marks the wrong section in the contents.
// Not a module: those do not run in a page that was opened as a file.
(() => {
  const all = (selector) => document.querySelectorAll(selector), at = (id) => document.getElementById(id);
  const keep = (storage, name, value) => {
    try {
      storage.setItem(name, value);
    } catch {} // it is full: the choice holds on this page
  };

  const actions = { "window.print()": () => print(), "toggleFullScreen()": () => toggleFullScreen() };
  for (const button of all("[data-does]")) button.addEventListener("click", actions[button.dataset.does]);

  // Menus close as menus do.
  const menus = [...all("details.dropdown")];
  addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
  for (const menu of menus) {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
  }

  // Colours: the system's, then the others, then those that the system has.
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const system = dark.matches ? "dark" : "light", { mode } = root.dataset;
    root.dataset.theme = mode === "light" || mode === "dark" ? mode : system;
  };
  for (const button of all(".theme-switch-button")) {
    button.addEventListener("click", () => {
      const modes = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
      root.dataset.mode = modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length];
      keep(localStorage, "mode", root.dataset.mode);
      paint();
    });
  }
  dark.addEventListener("change", paint);

  /** A press beside an open dialog closes it, and so does Escape, also where a browser leaves that to the page. */
  const closeEasily = (dialog) => {
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("click", ({ target, clientX, clientY }) => {
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      const inside = left <= clientX && clientX <= right && top <= clientY && clientY <= bottom;
      if (target === dialog && !inside) dialog.close();
    });
  };

  // Where there is no room for a sidebar, a button shows it as a dialog, which has its content as long as it is open.
  for (const side of ["primary", "secondary"]) {
    const sidebar = at(`pst-${side}-sidebar`), dialog = at(`pst-${side}-sidebar-modal`);
    const toggles = [...all(`.${side}-toggle`)];
    if (!sidebar || !dialog || !toggles.length) continue;
    const move = (from, to) => {
      to.append(...from.childNodes);
      [from.className, to.className] = ["", from.className];
    };
    toggles[0].addEventListener("click", () => {
      move(sidebar, dialog);
      dialog.showModal();
    });
    dialog.addEventListener("close", () => {
      move(dialog, sidebar);
      toggles.find((toggle) => toggle.checkVisibility())?.focus();
    });
    closeEasily(dialog);
  }

  // The menu of chapters stays where it was from page to page, and shows the chapter that is open.
  const menu = document.querySelector("div.bd-sidebar"), kept = Number.parseInt(sessionStorage.getItem("menu-top") ?? "", 10);
  if (menu) {
    const open = [...menu.querySelectorAll(".active")].at(-1)?.getBoundingClientRect().top ?? 0;
    if (kept >= 0) menu.scrollTop = kept;
    else if (open > innerHeight / 2) menu.scrollTop = open - menu.getBoundingClientRect().top - menu.clientHeight / 4;
    addEventListener("pagehide", () => keep(sessionStorage, "menu-top", menu.scrollTop));
  }

  // Search: in a dialog, and on its own page in the field that is there.
  const dialog = at("pst-search-dialog");
  const search = () => {
    const field = document.querySelector(":not(#pst-search-dialog) > form.bd-search input");
    if (field) field.select();
    else if (dialog.open) dialog.close();
    else dialog.showModal();
  };
  const mac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
  if (dialog) {
    closeEasily(dialog);
    for (const button of all(".search-button__button")) button.addEventListener("click", search);
    addEventListener("keydown", (event) => {
      const asked = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!asked || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      search();
    }, true);
    if (mac) for (const key of all(".search-button__kbd-shortcut")) key.firstElementChild.textContent = "⌘";
  }
})();
