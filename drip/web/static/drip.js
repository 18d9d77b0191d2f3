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
