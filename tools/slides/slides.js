// Starts the slides. S opens the speaker's view, F fills the screen, O shows all of them, ? lists the other keys.
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0.05,
  center: false,
  hash: true,
  slideNumber: "c/t",
  transition: "none",
  plugins: [RevealNotes],
});
