// The search page is there to be typed into.
const field = document.querySelector(".bd-search-container input[type=search]");
field?.focus();
field?.select();
