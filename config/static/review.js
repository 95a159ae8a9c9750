// Points and comment are saved as they are given. Without this file the buttons of the form do it.
(() => {
  "use strict";
  const form = document.querySelector("form[data-review]");
  const status = form?.querySelector("[data-status]");
  if (!status) return;
  const waiting = new Map(); // name of a field → its newest value, until the site has it
  let isBusy = false;
  let pause = 0;

  const say = (words, isFailed = false) => {
    if (status.textContent !== words) status.textContent = words;
    status.classList.toggle("failed", isFailed);
  };

  const send = async () => {
    clearTimeout(pause);
    if (isBusy || !waiting.size) return;
    isBusy = true;
    const sent = new Map(waiting);
    const body = new URLSearchParams([["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value], ...sent]);
    let wait = 0;
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch" },
      });
      if (answer.redirected || !(answer.headers.get("Content-Type") || "").startsWith("application/json"))
        throw new Error("no answer");
      const told = await answer.json();
      for (const [name, value] of sent) if (waiting.get(name) === value) waiting.delete(name);
      say(answer.ok ? `${told.words} ${told.progress}` : told.words, !answer.ok);
    } catch {
      say(form.dataset.failed, true);
      wait = 5000;
    }
    isBusy = false;
    if (waiting.size) pause = setTimeout(send, wait);
  };

  form.addEventListener("change", (event) => {
    if (!event.target.name) return;
    waiting.set(event.target.name, event.target.value);
    send();
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "textarea") return;
    waiting.set(event.target.name, event.target.value);
    clearTimeout(pause);
    pause = setTimeout(send, 1500);
  });
  form.addEventListener("submit", () => waiting.clear()); // the form itself takes everything along
  addEventListener("online", send);
  addEventListener("beforeunload", (event) => {
    if (waiting.size) event.preventDefault();
  });
  form.querySelector("[data-plain]")?.remove();
})();
