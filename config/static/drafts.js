// A step of a draft: saves while one types (form with data-save), and counts words. The page works without this file.
(() => {
  "use strict";

  const form = document.getElementById("draft");
  if (!form) return;
  const words = form.dataset;

  // --- saving ---------------------------------------------------------------------------------------
  const PAUSE = 1500; // milliseconds
  const AGAIN = 10000;
  const status = document.getElementById("saved");
  const others = document.getElementById("others");
  let timer;
  let running = null;
  let unsure = null;
  let isRefused = !words.save;
  let isDirty = false;

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
    const answer = await fetch(words.save, { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (answer.status >= 500) throw new Error(answer.status);
    unsure = null;
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    const found = isJson ? await answer.json() : {};
    if (answer.ok && found.seen) form.elements.seen.value = found.seen;
    return { isKept: answer.ok && Boolean(found.seen), ...found };
  };

  const sendAll = async () => {
    try {
      if (unsure) await send(unsure);
      const found = await send(typed());
      isRefused = !found.isKept;
      if (found.isKept) {
        say([found.saved, ...found.unkept].join(". "), found.unkept.length > 0);
        return;
      }
      say(found.message || words.refused, true);
      if (found.others?.trim()) {
        others.innerHTML = found.others;
        others.hidden = false;
      }
    } catch {
      say(words.failed, true);
      later(AGAIN);
    }
  };

  const save = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (running || isRefused) return;
    isDirty = false;
    running = sendAll();
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

  // --- counting words: the rule and the ranges of events/shared/drafts/word_count.py ---------------------------
  const characters =
    "\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3038-\\u303B\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA" +
    "\\u30FC-\\u30FF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uF900-\\uFAFF\\uFF66-\\uFF9D\\u{1AFF0}-\\u{1AFFF}" +
    "\\u{1B000}-\\u{1B16F}\\u{20000}-\\u{3FFFF}";
  const word = new RegExp(`[${characters}][\\p{M}\\uFF9E\\uFF9F]*|(?:(?![${characters}])[\\p{L}\\p{M}\\p{Nd}])+`, "gu");
  const count = (text) => (text.match(word) || []).length;
  window.countWords = count; // for the test that compares it with the server's

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const counted = document.getElementById("counted");
  let speaking;

  const show = (box, isSpoken) => {
    const note = document.querySelector(`[data-counts="${box.id}"]`);
    const [least, most] = box.dataset.words.split("-").map(Number);
    const number = count(box.value);
    const text = fill(most ? words.between : least ? words.least : words.count, { number, least, most });
    note.textContent = text;
    note.classList.toggle("right", number >= least && (!most || number <= most));
    note.classList.toggle("off", Boolean(most) && number > most);
    clearTimeout(speaking);
    if (isSpoken) {
      speaking = setTimeout(() => {
        counted.textContent = text;
      }, 2000); // once one pauses, not at each key
    }
  };

  form.querySelectorAll("textarea[data-words]").forEach((box) => show(box, false));
  form.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-words]")) show(event.target, true);
  });
})();
