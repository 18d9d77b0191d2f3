"use strict";
// The mailbox page: marks letters as read, answers them, reports events, and looks for new ones every few seconds.

const POLL_MS = 3000;
const place = (id) => document.getElementById(id);

async function post(path, fields) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
}

function notice(sentence) {
  const box = place("notice");
  box.textContent = sentence;
  box.hidden = false;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { box.hidden = true; }, 4000);
}

// A letter's frame is closed to us, so its height is guessed from the text part: lines as they wrap at this width.
function fitFrames() {
  for (const frame of document.querySelectorAll("iframe[data-lines]")) {
    const width = Math.min(frame.clientWidth || 600, 620) - 32;
    const perLine = Math.max(20, width / 7.2);
    const lines = frame.dataset.lines.split(",").reduce((sum, length) => sum + Math.max(0.62, Math.ceil(length / perLine)), 0);
    frame.style.height = `${Math.round(Math.min(2400, Math.max(220, lines * 24 + 64)))}px`;
  }
}

function inBase64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({ name: file.name, type: file.type, base64: reader.result.split(",")[1] || "" });
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}

function typing() {
  const chosen = [...document.querySelectorAll(".answer input")].some((box) => box.files.length);
  return chosen || [...document.querySelectorAll(".answer textarea")].some((box) => box.value.trim() || box === document.activeElement);
}

async function refresh({ force = false } = {}) {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  document.body.dataset.last = page.body.dataset.last;
  for (const id of ["people", "facts"]) place(id).replaceWith(page.getElementById(id));
  const now = place("conversation"), next = page.getElementById("conversation");
  if (force || now.dataset.version !== next.dataset.version) {
    if (!force && typing()) return notice("There is a new letter in this mailbox.");
    now.replaceWith(next);
    fitFrames();
  }
  markRead();
}

function markRead() {
  const pane = place("conversation");
  const current = document.querySelector(".person[aria-current].unread");
  if (!current || !pane.dataset.version || !pane.offsetParent) return;
  post(`/api/messages/${pane.dataset.version}/read`, {}).then(() => {
    current.classList.remove("unread");
    current.querySelector(".badge")?.remove();
  }, () => {});
}

async function look() {
  if (document.hidden) return;
  const last = document.body.dataset.last;
  const since = last ? `since=${encodeURIComponent(last)}&` : "";
  const answer = await fetch(`/api/messages?${since}limit=1`);
  // 400: the last letter is gone, because somebody emptied the mailbox.
  if (answer.status === 400 || (answer.ok && (await answer.json()).length)) await refresh();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".answer")) return;
  event.preventDefault();
  const button = form.querySelector(".send");
  button.disabled = true;
  try {
    const files = await Promise.all([...form.elements.files.files].map(inBase64));
    await post(`/api/messages/${form.dataset.id}/reply`, { text: form.elements.text.value, files });
    form.reset();
    await refresh({ force: true });
    notice("Your answer is with Drip now.");
  } catch (error) {
    notice(`That did not work: ${error.message}`);
  } finally {
    button.disabled = false;
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-event]");
  if (!button) return;
  try {
    await post(`/api/messages/${button.closest("form").dataset.id}/event`, { event: button.dataset.event });
    if (!typing()) await refresh({ force: true });
    notice("Event posted to the webhook.");
  } catch (error) {
    notice(`That did not work: ${error.message}`);
  }
});

addEventListener("resize", fitFrames);
document.addEventListener("toggle", fitFrames, true);
fitFrames();
markRead();
setInterval(() => look().catch(() => {}), POLL_MS);
