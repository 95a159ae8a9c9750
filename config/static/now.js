// What is on now, asked for each minute while the page is seen. The answer is a finished page: mostly a 304 without a body.
(() => {
  "use strict";
  const MINUTE = 60_000;
  const box = document.querySelector("[data-now-from]");
  if (!box) return;
  const status = box.nextElementSibling?.matches("[data-now-said]") ? box.nextElementSibling : null;
  let known = null; // the last answer as it came
  let said = box.querySelector("[data-said]")?.dataset.said ?? "";
  let asked = Date.now();

  const put = (text) => {
    const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const fresh = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
    if (!fresh) return;
    box.replaceChildren(fresh);
    if (focused) [...box.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    // The site's script then shows the zone that was chosen, and marks what is booked.
    for (const part of [box, document.getElementById("me")])
      part?.dispatchEvent(new CustomEvent("part", { bubbles: true }));
    if (status && fresh.dataset.said !== said) status.textContent = fresh.dataset.said;
    said = fresh.dataset.said;
  };

  const ask = async () => {
    asked = Date.now();
    try {
      const answer = await fetch(box.dataset.nowFrom, { credentials: "omit", cache: "no-cache" });
      if (!answer.ok) return;
      const text = await answer.text();
      if (text !== known) put(text);
      known = text;
    } catch {
      /* no line: the next minute asks again */
    }
  };

  const isDue = () => !document.hidden && Date.now() - asked >= MINUTE;
  setInterval(() => {
    if (isDue()) ask();
  }, 5_000);
  document.addEventListener("visibilitychange", () => {
    if (isDue()) ask();
  });
})();
