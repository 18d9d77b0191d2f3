// What HTML cannot say alone. No inline code anywhere (see the content security policy).

// Forms that say data-ask ask once before they go.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// On a phone the rooms that are entered less often stand behind a button.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".rooms .more");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "Less" : "More";
});

// A letter's frame is closed to us, so its height is guessed from the plain text, rather too much than too little: lines
// as they wrap in wide letters. What is taller still can be scrolled.
function fit() {
  for (const frame of document.querySelectorAll("iframe[data-lines]")) {
    const wide = Math.max(16, (Math.min(frame.clientWidth, 600) - 32) / 8.5);
    const lines = frame.dataset.lines.split(",").reduce((sum, length) => sum + Math.max(0.7, Math.ceil(length / wide)), 0);
    frame.style.minHeight = `${Math.min(4000, Math.round(lines * 24 + 64))}px`;
  }
}
fit();
window.addEventListener("resize", fit);
