// A page that has moved leads on, to the place that was asked for.
const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
location.replace((asked ?? document.querySelector("main a")).href);
