// The buttons above a page: what they do, and menus that close as menus do.
const actions = { "window.print()": () => print(), "toggleFullScreen()": () => toggleFullScreen() };
for (const button of document.querySelectorAll("[data-does]")) {
  button.addEventListener("click", actions[button.dataset.does]);
}

const menus = [...document.querySelectorAll("details.dropdown")];
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

// The theme takes the focus from the button that opens a sidebar, and so cannot give it back when the sidebar closes.
for (const side of ["primary", "secondary"]) {
  document.getElementById(`pst-${side}-sidebar-modal`)?.addEventListener("close", () => {
    [...document.querySelectorAll(`.${side}-toggle`)].find((toggle) => toggle.checkVisibility())?.focus();
  });
}
