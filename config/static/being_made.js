// A file that is being made: asked for again and again, opened when it is there. Without this file the page loads itself anew.
(() => {
  "use strict";
  const FOR_LONG = 60; // seconds: who is told to come back after more than that need not wait here
  const PATIENCE = 20; // times, after which the page says that it takes longer than usual
  const said = document.querySelector("[data-seconds]");
  const bar = document.querySelector("progress");
  let asked = 0;

  const pause = () => (asked < PATIENCE ? Math.min(asked + 1, Number(said.dataset.seconds)) : 15); // most are there at once
  const again = () => setTimeout(ask, pause() * 1000);
  const ask = async () => {
    asked += 1;
    try {
      const credentials = bar ? "same-origin" : "omit"; // only pages of people who are signed in have a bar
      const answer = await fetch(location.href, { method: "HEAD", credentials, cache: "no-store" });
      const later = Number(answer.headers.get("Retry-After"));
      if (answer.status !== 503 || !later || later > FOR_LONG) return location.replace(location.href);
      if (bar) bar.value = answer.headers.get("Progress");
    } catch {
      /* no line: asked again */
    }
    if (asked === PATIENCE) said.textContent = said.nextElementSibling.textContent;
    again();
  };
  again();
})();
