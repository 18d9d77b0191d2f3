// What HTML cannot say alone. No inline code anywhere (see the content security policy).

// Forms that say data-ask ask once before they go.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});
