// Parts of a page that come after it: fragments of the site, put where their plain link stands. Every page works without this file.
(() => {
  "use strict";
  // The site says in this cookie that it has something for this browser: somebody is signed in, or a message waits.
  const known = () => document.cookie.split("; ").find((one) => one.replace("__Host-", "").startsWith("known=")) ?? "";
  const atFirst = known();
  const here = location.pathname + location.search;

  // A log-in that is asked for here comes back to this page.
  const comeBack = (root) => {
    for (const link of root.querySelectorAll("a[data-come-back]")) link.search = new URLSearchParams({ next: here });
  };

  const put = (slot, text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    // What belongs elsewhere on the page says where: its children go to the beginning of that place.
    for (const extra of fresh.querySelectorAll("[data-into]")) {
      document.getElementById(extra.dataset.into)?.prepend(...extra.childNodes);
      extra.remove();
    }
    slot.replaceChildren(...fresh.body.childNodes);
    comeBack(slot);
    slot.dispatchEvent(new CustomEvent("part", { bubbles: true }));
  };

  const ask = async (slot) => {
    try {
      const answer = await fetch(slot.dataset.part, { headers: { "X-Part-Of": here } });
      if (answer.ok) put(slot, await answer.text());
    } catch {
      /* no line: the plain link stays */
    }
  };

  // Booking, leaving, waiting and undoing where one stands: what the server answers is put into the place of the button.
  // Without this, or where no token came with the page's parts, links and forms lead to pages of their own.
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const send = async (place, url, fields) => {
    const body = new URLSearchParams([...fields, ["csrfmiddlewaretoken", token()], ["next", here]]);
    place.setAttribute("aria-busy", "true");
    const answer = await fetch(url, { method: "POST", body, headers: { "X-Part-Of": here } });
    place.removeAttribute("aria-busy");
    if (!answer.ok || answer.redirected) throw new Error("not done");
    document.getElementById("flash").replaceChildren();
    put(place, await answer.text());
    (place.querySelector("a, button") ?? document.getElementById("main")).focus();
    if (place.dataset.part) ask(place);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-send], [id^=act-] a[href*='/book/']");
    if (!link || !token() || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const code = link.pathname.split("/").at(-2);
    const place = document.getElementById(`act-${code}`) ?? document.getElementById("card");
    if (!place) return;
    event.preventDefault();
    send(place, link.href, []).catch(() => location.assign(link.href));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const place = form.closest("#card");
    if (!place) return;
    event.preventDefault();
    const fields = [...new FormData(form, event.submitter)].filter(
      ([name]) => !["csrfmiddlewaretoken", "next"].includes(name),
    );
    send(place, form.action, fields).catch(() => {
      const { name, value } = event.submitter ?? {};
      if (name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      form.submit(); // which sends no button of its own accord
    });
  });

  for (const slot of document.querySelectorAll("[data-part]")) {
    if (slot.dataset.when !== "known" || atFirst) ask(slot);
  }
  // A page out of the browser's memory is loaded again when somebody has logged in or out since.
  addEventListener("pageshow", (event) => {
    if (!event.persisted || known() === atFirst) return;
    document.body.replaceChildren(); // nothing of that person is seen, not even where the site cannot be reached
    location.reload();
  });
  comeBack(document);
})();
