// Deadlines on the visitor's clock, beside those of the prize. The pages are complete without this file.
(() => {
  "use strict";
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang; // 16 December, not December 16
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const offset = (moment) => {
    const local = new Date(moment.toLocaleString("en-US", { timeZone: own }));
    const utc = new Date(moment.toLocaleString("en-US", { timeZone: "UTC" }));
    const minutes = Math.round((local - utc) / 6e4);
    const rest = Math.abs(minutes) % 60;
    return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
  };
  const show = (root) => {
    for (const note of root.querySelectorAll("[data-own-moment]")) {
      if ([note.dataset.place, "UTC", "Etc/UTC"].includes(own)) continue; // both stand there already
      const moment = new Date(note.dataset.ownMoment);
      const text = new Intl.DateTimeFormat(language, {
        timeZone: own,
        day: "numeric",
        month: "long",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        numberingSystem: "latn",
      }).format(moment);
      const [before, after] = note.dataset.words.split("{time}");
      const zone = Object.assign(document.createElement("bdi"), {
        textContent: `${own.split("/").pop().replaceAll("_", " ")}, ${offset(moment)}`,
      });
      note.replaceChildren(before, text, " (", zone, ")", after);
      note.hidden = false;
    }
  };
  show(document);
  document.addEventListener("part", (event) => show(event.target));
})();
