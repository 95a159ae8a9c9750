// A form with data-save: saves while one types (a step of a proposal or of a nomination). The page works without this file.
(() => {
  "use strict";
  const form = document.querySelector("form[data-save]");
  if (!form) return;
  const PAUSE = 1500;
  const AGAIN = 10000;
  const words = form.dataset;
  const status = document.getElementById("saved");
  let timer,
    running = null,
    unsure = null,
    isRefused = false,
    isDirty = false;
  const say = (text, isBad) => {
    status.textContent = text;
    status.classList.toggle("off", isBad);
  };

  const typed = () => {
    const data = new FormData(form);
    form.querySelectorAll("[type=file]").forEach((box) => data.delete(box.name)); // files have a button of their own
    data.set("step", words.step);
    return data;
  };
  const send = async (data) => {
    data.set("seen", form.elements.seen.value);
    unsure = data; // until it is answered nobody knows whether it was kept: it is sent again, unchanged
    const answer = await fetch(words.save, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json" },
    });
    if (answer.status >= 500) throw new Error(answer.status);
    unsure = null;
    const found = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    if (answer.ok && found.seen) form.elements.seen.value = found.seen;
    return { isKept: answer.ok && Boolean(found.seen), ...found };
  };
  const save = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (running || isRefused) return;
    isDirty = false;
    running = (async () => {
      try {
        if (unsure) await send(unsure);
        const found = await send(typed());
        isRefused = !found.isKept;
        say(
          found.isKept ? [found.saved, ...found.unkept].join(". ") : found.message || words.refused,
          isRefused || found.unkept.length > 0,
        );
      } catch {
        say(words.failed, true);
        later(AGAIN);
      }
    })();
    await running;
    running = null;
    if (isDirty && !timer) later();
  };
  const later = (pause = PAUSE) => {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      save();
    }, pause);
  };
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[type=file]")) later();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && isDirty) save();
  });
  // The button waits for a save that is under way, so that one's own save is not taken for another device's.
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    isDirty = false;
    if (!running) return;
    event.preventDefault();
    await running;
    clearTimeout(timer);
    form.requestSubmit(event.submitter?.hidden ? undefined : event.submitter);
  });
})();
