// A choice is saved when it is made (where it can be changed), a description is read in place, the secret can be copied.
// Pages work without this file.
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
  const PAUSES = [0.5, 1, 2, 4, 8, 15]; // seconds before the next try where the site does not answer; the last one again and again
  const status = form.querySelector("[data-words]");
  const button = form.querySelector("button[type=submit]");
  const words = form.dataset;
  const label = button.textContent; // what the button says while nothing is saved
  const isFinal = "final" in words;
  let saved = words.saved; // the code that the site has
  let next = ""; // where the button leads once the choice is saved
  let isBusy = false;
  let isLeaving = false; // the button was pressed: go on as soon as the choice is saved
  let isSent = false; // the browser itself is sending the form
  let byArrow = false; // arrow keys walk through the choices: save where they rest
  let rest = 0;
  let tries = 0; // that found no answer, one after the other
  let again = 0; // the timer of the next try
  let isStale = false; // somebody logged out, or in, since this page came: it can save nothing

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
        keepalive: true, // who goes on to another category meanwhile loses nothing
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
          isStale = true;
          say(words.stale, true);
          if (isLeaving) openAgain();
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

  // The page anew, after a log-in where one is needed, with the choice marked.
  const openAgain = () => {
    location.assign(`${form.action}?${new URLSearchParams({ nominee: picked().value })}`);
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
      if (isStale) openAgain();
      else save();
    } else isSent = true;
  });

  // --- reading ---
  // Of the links to read on, Tab stops only at that of the card in use: it is never far from a choice to the button.
  const stopAt = (card) => {
    for (const link of form.querySelectorAll(".card .read")) link.tabIndex = card.contains(link) ? 0 : -1;
  };
  stopAt((picked() || form).closest(".card") || form.querySelector(".card"));
  form.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) stopAt(card);
  });

  // The full description comes out of the project's own page when it is asked for; then the link leads there.
  form.addEventListener("click", async (event) => {
    const link = event.target.closest(".read:not([data-is-read])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.dataset.isRead = "";
    try {
      const answer = await fetch(link.href, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const whole = document.adoptNode(page.querySelector("[data-description]"));
      Object.assign(whole, { className: "whole", tabIndex: -1 });
      link.before(whole);
      link.firstChild.textContent = words.all;
      whole.focus({ preventScroll: true });
    } catch {
      location.assign(link.href);
    }
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
