// Fair hours while a session is being moved on the board (board.js tells of it by events, see its head): for whom it
// would fall within their day at the place over which it is held, and the best free slots of that week.
(() => {
  const panel = document.getElementById("board-hours");
  const site = document.getElementById("board").dataset.address;
  const held = { code: "", day: "", minutes: 0, aim: null, shares: null, asked: 0 };
  const percent = (number) => panel.dataset.percent.replace("{n}", number);

  function fill() {
    if (!held.shares || !held.aim) return;
    const [hour, minute] = held.aim.time.split(":").map(Number);
    const step = Math.floor((hour * 60 + minute) / 5);
    for (const row of panel.querySelectorAll("[data-key]")) {
      const share = held.aim.side ? null : held.shares[row.dataset.key][step];
      const figure = row.querySelector(".n"),
        text = share === null ? "–" : percent(share);
      row.querySelector("meter").value = share ?? 0;
      if (figure.textContent !== text) figure.textContent = text; // said aloud when it changes
    }
  }

  async function load({ code, day, minutes }) {
    const turn = ++held.asked; // the last question wins
    Object.assign(held, { code, day, minutes });
    try {
      const answer = await fetch(`${site}hours/${code}/?day=${day}&minutes=${minutes}`, {
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      const found = await answer.json();
      if (turn !== held.asked || !held.code) return;
      held.shares = found.shares;
      panel.innerHTML = found.html; // our own site's answer, escaped by its template
      panel.hidden = false;
      fill();
    } catch {
      hide(); // the board goes on without
    }
  }

  function hide() {
    Object.assign(held, { code: "", aim: null, shares: null, asked: held.asked + 1 });
    panel.hidden = true;
    panel.replaceChildren();
  }

  document.addEventListener("board:lift", ({ detail }) => {
    held.aim = detail;
    load(detail);
  });
  document.addEventListener("board:aim", ({ detail }) => {
    held.aim = detail;
    if (!detail.side && (detail.day !== held.day || detail.minutes !== held.minutes)) load(detail);
    else fill();
  });
  for (const name of ["leave", "drop", "shown"]) document.addEventListener(`board:${name}`, hide);
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-time]");
    if (!button) return;
    const { day, time, room } = button.dataset;
    document.dispatchEvent(new CustomEvent("board:put", { detail: { code: held.code, day, time, room } }));
  });
})();
