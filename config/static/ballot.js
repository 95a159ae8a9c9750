// A choice is saved when it is made (where it can be changed), and the secret can be copied. Pages work without this file.
(() => {
  "use strict";
  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const told = copy.parentElement.querySelector("[data-told]");
      try {
        await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
        told.textContent = copy.dataset.copied;
      } catch {
        told.textContent = copy.dataset.notCopied;
      }
    });
  }

  const form = document.querySelector("form[data-ballot]");
  if (!form) return;
  const PATIENCE = 10_000; // milliseconds for an answer
  const PAUSES = [1, 2, 4, 8, 15]; // seconds before the next try where the site does not answer; the last one again and again
  const status = form.querySelector("[data-words]");
  const button = form.querySelector("button[type=submit]");
  const words = form.dataset;
  const label = button.textContent; // what the button says while nothing is saved
  const isFinal = "final" in words;
  let saved = form.querySelector("[name=nominee][checked]")?.value || ""; // the code that the site has
  let next = ""; // where the button leads once the choice is saved
  let isBusy = false;
  let isLeaving = false; // the button was pressed: go on as soon as the choice is saved
  let isSent = false; // the browser itself is sending the form
  let byArrow = false; // arrow keys walk through the choices: save where they rest
  let rest = 0;
  let tries = 0; // that found no answer, one after the other
  let again = 0; // the timer of the next try

  const picked = () => form.querySelector("[name=nominee]:checked");
  const titleOf = (radio) => radio.labels[0].textContent.trim();
  const say = (text, isFailed = false) => {
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("failed", isFailed);
  };
  const open = () => {
    button.textContent = label;
    next = saved = "";
  };

  const mark = (told) => {
    document.querySelector("[data-progress]").textContent = told.progress;
    document.querySelector("[data-bar]").value = told.chosen;
    const cell = document.querySelector(".map [aria-current]");
    cell.className = "chosen";
    cell.querySelector("[data-state]").textContent = words.chosen;
  };

  // Sends a choice. Returns what the site told; throws an Error whose `after` says in how many seconds to try again,
  // where that can help (the site does not answer, or says that it cannot now).
  const send = async (code) => {
    const body = new URLSearchParams([
      ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value],
      ["nominee", code],
    ]);
    const pause = PAUSES[Math.min(tries, PAUSES.length - 1)];
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch" },
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw Object.assign(new Error("no answer"), { after: pause });
    }
    if (answer.status >= 500 || answer.status === 429) {
      const asked = Number(answer.headers.get("Retry-After")) || 0;
      throw Object.assign(new Error("not now"), { after: Math.max(pause, Math.min(asked, 30)) });
    }
    if (answer.redirected || !(answer.headers.get("Content-Type") || "").startsWith("application/json"))
      throw new Error("another page");
    return [answer.ok, await answer.json()];
  };

  const save = async () => {
    if (isBusy) return;
    isBusy = true;
    clearTimeout(again);
    again = 0;
    let radio = picked();
    while (radio && radio.value !== saved) {
      open();
      if (!tries) say(words.saving.replace("{title}", titleOf(radio)));
      try {
        const [isTaken, told] = await send(radio.value);
        tries = 0;
        if (!isTaken) {
          say(told.words, true);
          if (isLeaving) sendAsForm(); // the page says it at length
          break;
        }
        saved = radio.value;
        mark(told);
        if (picked().value === saved) {
          next = told.next;
          say(told.words);
          button.textContent = told.button;
          if (isLeaving) location.assign(next);
        }
      } catch (error) {
        if (error.after === undefined) {
          say(words.failed, true);
          if (isLeaving) sendAsForm(); // the browser shows what the site has to say
          break;
        }
        tries += 1;
        say(words.waiting, true);
        // Not all at the same moment, when the site is back.
        again = setTimeout(save, 1000 * error.after * (1 + Math.random() / 4));
        break;
      }
      radio = picked(); // another one may have been chosen meanwhile
    }
    isBusy = false;
  };

  const sendAsForm = () => {
    isSent = true;
    form.submit();
  };

  form.addEventListener("change", (event) => {
    if (event.target.name !== "nominee") return;
    clearTimeout(rest);
    if (isFinal) say(words.picked.replace("{title}", titleOf(event.target)));
    else if (byArrow) rest = setTimeout(save, 700);
    else save();
  });
  form.addEventListener("keydown", (event) => {
    byArrow = event.key.startsWith("Arrow");
  });
  form.addEventListener("pointerdown", () => {
    byArrow = false;
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(rest);
    const radio = picked();
    if (isSent) event.preventDefault(); // a double click
    else if (next && radio?.value === saved) {
      event.preventDefault();
      location.assign(next);
    } else if (radio && radio.value !== saved) {
      event.preventDefault();
      isLeaving = true;
      save();
    } else isSent = true;
  });
  addEventListener("pageshow", () => {
    isSent = isLeaving = false;
    // A browser that comes back may mark what was not saved; nothing is sent before somebody presses the button.
    if (picked() && picked().value !== saved) say(words.picked.replace("{title}", titleOf(picked())));
  });
  addEventListener("online", () => {
    if (again) save();
  });
  addEventListener("beforeunload", (event) => {
    if (again && !isSent) event.preventDefault(); // asks whether to leave: the choice is not saved yet
  });
})();
