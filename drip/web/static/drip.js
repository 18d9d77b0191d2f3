// The few things that HTML cannot say alone. No inline code anywhere (see the content security policy).

// Forms that say data-ask ask once before they go.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A letter's frame grows with its letter; the frame has no origin, so its height is guessed from its width.
document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-go]");
  if (picker) window.location.href = picker.value;
});
