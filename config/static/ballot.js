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
  const status = form.querySelector("[data-words]");
  const button = form.querySelector("button[type=submit]");
  const words = form.dataset;
  const label = button.textContent; // what the button says while nothing is saved
  const isFinal = "final" in words;
  let saved = ""; // the code that the site has
  let next = ""; // where the button leads once the choice is saved
  let isBusy = false;
  let isSent = false;
  let byArrow = false; // arrow keys walk through the choices: save where they rest
  let rest = 0;

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

  const save = async () => {
    if (isBusy) return;
    isBusy = true;
    let radio = picked();
    while (radio && radio.value !== saved) {
      open();
      say(words.saving.replace("{title}", titleOf(radio)));
      try {
        const body = new URLSearchParams([
          ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value],
          ["nominee", radio.value],
        ]);
        const answer = await fetch(form.action, {
          method: "POST",
          body,
          headers: { "X-Requested-With": "fetch" },
        });
        if (answer.redirected || !(answer.headers.get("Content-Type") || "").startsWith("application/json"))
          throw new Error("no answer");
        const told = await answer.json();
        if (!answer.ok) {
          say(told.words, true);
          break;
        }
        saved = radio.value;
        mark(told);
        if (picked().value === saved) {
          next = told.next;
          say(told.words);
          button.textContent = told.button;
        }
      } catch {
        say(words.failed, true);
        break;
      }
      radio = picked(); // another one may have been chosen meanwhile
    }
    isBusy = false;
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
    if (isSent) event.preventDefault(); // a double click
    else if (next && picked()?.value === saved) {
      event.preventDefault();
      location.assign(next);
    }
    isSent = true;
  });
  addEventListener("pageshow", () => {
    isSent = false;
  });
  addEventListener("online", () => {
    if (!isFinal && picked() && status.classList.contains("failed")) save();
  });
})();
