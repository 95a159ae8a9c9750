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
  const PATIENCE = 10_000; // milliseconds for an answer, whole
  const PAUSES = [0.5, 1, 2, 4, 8, 15]; // seconds before the next try where the site does not answer; the last one again and again
  const status = form.querySelector("[data-words]");
  const button = form.querySelector("button[type=submit]");
  const words = form.dataset;
  const label = button.textContent; // what the button says while nothing is saved
  const isFinal = "final" in words;
  let saved = words.saved; // the code that the site has; "" where nobody knows
  let next = ""; // where the button leads once the choice is saved
  let isLeaving = false; // the button was pressed for the marked choice: go on as soon as it is saved
  let isBusy = false; // a choice is under way
  let tries = 0; // that did not save the marked choice, one after the other
  let timer = 0; // of the next sending: a new try, or where the arrow keys rest
  let isSent = false; // the browser itself is sending the form
  let isStale = false; // somebody logged out, or in, since this page came: it can save nothing
  let byArrow = false; // arrow keys walk through the choices

  const picked = () => form.querySelector("[name=nominee]:checked");
  // What is to be saved now. Where choices are final that is what the button was pressed for, and nothing else.
  const wanted = () => (isFinal && !isLeaving ? null : picked());
  const named = (text, radio) => text.replace("{title}", () => `\u2068${radio.labels[0].textContent.trim()}\u2069`);
  const say = (text, isFailed = false) => {
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("failed", isFailed);
  };

  // What `read` finds in the answer of an address; an Error where it has not come whole in time.
  const ask = async (address, options, read) => {
    const patience = new AbortController();
    const late = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await read(await fetch(address, { ...options, signal: patience.signal }));
    } finally {
      clearTimeout(late);
    }
  };

  // Sends a choice. Returns what the site `told` and whether the choice `isTaken`; or that this page `isOld`; or `after` how
  // many seconds another try can help: the site did not answer, or asks to wait.
  const send = async (code) => {
    const body = new URLSearchParams([
      ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value],
      ["nominee", code],
    ]);
    const pause = PAUSES[Math.min(tries, PAUSES.length - 1)];
    const options = {
      method: "POST",
      body,
      headers: { "X-Requested-With": "fetch" },
      redirect: "manual", // to a log-in, whose address would tell the choice
      keepalive: true, // who goes on to another category before the answer loses nothing
    };
    try {
      return await ask(form.action, options, async (answer) => {
        const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
        if (answer.type === "opaqueredirect" || (answer.status === 403 && !isJson)) return { isOld: true };
        const told = isJson ? await answer.json() : {};
        if (isJson && answer.status < 500 && answer.status !== 429) return { told, isTaken: answer.ok };
        const asked = Number(answer.headers.get("Retry-After")) || 0;
        return { told, after: Math.max(pause, Math.min(asked, 60)) };
      });
    } catch {
      return { told: {}, after: pause };
    }
  };

  const save = async () => {
    clearTimeout(timer);
    timer = 0;
    const radio = wanted();
    if (isBusy || !radio || radio.value === saved) return;
    isBusy = true;
    button.textContent = label;
    next = saved = "";
    if (!tries) say(named(words.saving, radio));
    const { told, isTaken, isOld, after } = await send(radio.value);
    isBusy = false;
    isStale = Boolean(isOld);
    if (isTaken) take(radio, told);
    if (after) {
      if (!wanted()) return; // another one has been marked since, and the button is not pressed yet
      tries += 1;
      say(told.words || words.waiting, true);
      // Not all at the same moment, when the site is back.
      timer ||= setTimeout(save, 1000 * after * (1 + Math.random() / 4));
      return;
    }
    tries = 0;
    if (isStale) {
      say(words.stale, true);
      if (isLeaving) openAgain();
    } else if (picked() !== radio) {
      if (!timer) save(); // another one has been marked since
    } else {
      say(told.words, !isTaken);
      if (isTaken && isLeaving) location.assign(next);
      else if (isLeaving) sendAsForm(); // the page says at length why not
    }
  };

  // Shows that the site has a choice.
  const take = (radio, told) => {
    [saved, next] = [radio.value, told.next];
    document.querySelector("[data-progress]").textContent = told.progress;
    document.querySelector("[data-bar]").value = told.chosen;
    const cell = document.querySelector(".map [aria-current]");
    cell.className = "chosen";
    cell.querySelector("[data-state]").textContent = words.chosen;
    if (isFinal) {
      if (picked() !== radio) isLeaving = false; // they see first what stands
      radio.checked = true;
      for (const one of form.querySelectorAll("[name=nominee]")) one.disabled = true;
    }
    if (picked() === radio) button.textContent = told.button;
  };

  const sendAsForm = () => {
    isSent = true;
    form.submit();
  };

  // The page anew, after a log-in where one is needed, with the choice marked for the same person: no address tells it.
  const openAgain = () => {
    sessionStorage.choice = [words.voter, form.action, picked().value].join(" ");
    location.assign(form.action);
  };
  const [voter, action, code] = (sessionStorage.choice || "").split(" ");
  sessionStorage.removeItem("choice");
  if (voter === words.voter && action === form.action) {
    const radio = document.getElementById(`nominee-${code}`);
    if (radio) {
      radio.checked = true;
      radio.focus();
    }
  }
  // Who comes back finds what they have saved, not the nominee by whose link they came first.
  if (location.search) history.replaceState(null, "", form.action);

  form.addEventListener("change", (event) => {
    if (event.target.name !== "nominee") return;
    clearTimeout(timer);
    timer = tries = 0;
    isLeaving = false;
    if (isFinal) say(named(words.picked, event.target));
    else if (byArrow) timer = setTimeout(save, 700);
    else save();
  });
  form.addEventListener("keydown", (event) => {
    byArrow = event.key.startsWith("Arrow");
  });
  form.addEventListener("pointerdown", () => {
    byArrow = false;
  });
  form.addEventListener("submit", (event) => {
    const radio = picked();
    const isSaved = radio?.value === saved;
    // Pressed again while nothing helps: perhaps the browser itself reaches the site.
    const isStuck = isLeaving && tries > 2 && navigator.onLine;
    if (!isSent && (!radio || (isSaved && !next) || isStuck)) {
      isSent = true;
      return;
    }
    event.preventDefault();
    if (isSent) return; // a double click
    isLeaving = true;
    if (isSaved) location.assign(next);
    else if (isStale) openAgain();
    else save();
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

  // On such a link the arrow keys lead to that of the next card, and choose nothing.
  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".read")) return;
    event.preventDefault();
    const links = [...form.querySelectorAll(".card .read")];
    links[links.indexOf(event.target) + step]?.focus();
  });

  // The full description comes out of the project's own page when it is asked for; then the link leads there.
  form.addEventListener("click", async (event) => {
    const link = event.target.closest(".read:not([data-is-read])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.dataset.isRead = "";
    link.parentElement.querySelector(".failed")?.remove();
    let part;
    try {
      const page = await ask(link.href, { credentials: "omit" }, (answer) => answer.text());
      part = new DOMParser().parseFromString(page, "text/html").querySelector("[data-description]");
      Object.assign(part, { className: "whole", tabIndex: -1 });
      link.firstChild.textContent = words.all;
    } catch {
      delete link.dataset.isRead;
      part = Object.assign(document.createElement("p"), {
        className: "failed",
        role: "alert",
        textContent: words.unread,
      });
    }
    link.before(part);
    if (part.matches(".whole")) part.focus({ preventScroll: true });
    else link.scrollIntoView({ block: "nearest" }); // not below the dock
  });

  addEventListener("pageshow", () => {
    isSent = isLeaving = false;
    // A browser that comes back may mark what was not saved; nothing is sent before somebody presses the button.
    const radio = picked();
    if (radio && radio.value !== saved && !radio.defaultChecked) say(named(words.picked, radio));
  });
  addEventListener("online", () => {
    if (tries) save();
  });
  addEventListener("beforeunload", (event) => {
    if (tries && !isSent) event.preventDefault(); // asks whether to leave: the choice is not saved yet
  });
})();
