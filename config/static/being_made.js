// A file that is being made: asked for again and again, opened when it is there. Without this file the page loads itself anew.
(() => {
  "use strict";
  const PATIENCE = 20; // times, after which the page says that it takes longer than usual
  const said = document.querySelector("[data-seconds]");
  let asked = 0;

  const again = () => setTimeout(ask, Number(said.dataset.seconds) * 1000 * (asked < PATIENCE ? 1 : 5));
  const ask = async () => {
    asked += 1;
    try {
      const answer = await fetch(location.href, { method: "HEAD", credentials: "omit", cache: "no-store" });
      if (answer.status !== 503 || !answer.headers.has("Retry-After")) return location.replace(location.href);
    } catch {
      /* no line: asked again */
    }
    if (asked === PATIENCE) said.textContent = said.nextElementSibling.textContent;
    again();
  };
  again();
})();
