// Times in the visitor's zone, the menu's Escape key, filters open on wide screens. Every page works without this file.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const store = {
    get: () => { try { return localStorage.getItem("zone"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("zone", value); } catch { /* private window: not kept */ } },
  };

  /** The parts of a moment on the clock of a zone; `day` counts days, so that two clocks can be compared. */
  const clock = (moment, zone) => {
    const parts = {};
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit",
    });
    for (const part of format.formatToParts(moment)) parts[part.type] = part.value;
    const day = Date.UTC(parts.year, parts.month - 1, parts.day) / 864e5;
    const minutes = day * 1440 + Number(parts.hour) * 60 + Number(parts.minute);
    return { text: `${parts.hour}:${parts.minute}`, day, offset: Math.round(minutes - moment / 6e4) };
  };
  const offsetText = (minutes) => {
    const [whole, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
    return `UTC${minutes < 0 ? "−" : "+"}${whole}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
  };
  const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

  const settings = document.querySelector("[data-zone]");
  const forum = settings?.dataset.zone;
  const place = (zone) => (zone === forum ? settings.dataset.place : city(zone));

  /** Show every time of the page on the clock of `zone`. */
  const show = (zone, root = document) => {
    for (const time of all("time[data-clock]", root)) {
      const moment = new Date(time.dateTime);
      const there = clock(moment, zone);
      const shift = there.day - clock(moment, forum).day;
      time.textContent = there.text;
      const label = time.closest("[data-times]")?.querySelector(".zone");
      if (!label || time.dataset.clock === "end") continue;
      const note = shift ? `, ${shift > 0 ? settings.dataset.next : settings.dataset.previous}` : "";
      const name = document.createElement("bdi");
      name.textContent = offsetText(there.offset);
      label.replaceChildren(`${place(zone)}${settings.dataset.comma || ","} `, name, note);
    }
  };

  const drawSwitch = (bar) => {
    const zones = [forum, own === forum ? "UTC" : own];
    const kept = store.get();
    const fromAddress = new URLSearchParams(location.search).get("tz");
    const chosen = zones.includes(fromAddress) ? fromAddress : zones.includes(kept) ? kept : forum;
    const set = document.createElement("fieldset");
    set.className = "switch";
    const legend = document.createElement("legend");
    legend.textContent = bar.querySelector("span").textContent;
    const box = document.createElement("div");
    box.className = "bar";
    for (const zone of zones) {
      const [label, input, text, code] = ["label", "input", "span", "bdi"].map((name) => document.createElement(name));
      Object.assign(input, { type: "radio", name: "zone", value: zone, checked: zone === chosen });
      code.textContent = `(${offsetText(clock(new Date(settings.dataset.at || Date.now()), zone).offset)})`;
      text.append(`${place(zone)}\u00a0`, code);
      label.append(input, text);
      box.append(label);
    }
    set.append(legend, box);
    set.addEventListener("change", (event) => { store.set(event.target.value); show(event.target.value); });
    bar.replaceChildren(set);
    bar.classList.remove("switch");
    if (chosen !== settings.dataset.shown) show(chosen);
  };

  /** The session card: the visitor's own time beside the forum's. */
  const ownTime = (card) => {
    if (!forum || own === forum) return;
    const [first, last] = all("time", card).map((time) => clock(new Date(time.dateTime), own));
    const shift = first.day - clock(new Date(card.querySelector("time").dateTime), forum).day;
    card.querySelector("[data-own-zone]").textContent = `${city(own)} (${offsetText(first.offset)})`;
    card.querySelector("[data-own-range]").textContent = `${first.text}–${last.text}`;
    card.querySelector("[data-own-day]").textContent = shift ? (shift > 0 ? settings.dataset.next : settings.dataset.previous) : "";
    all("[data-own]", card).forEach((part) => { part.hidden = false; });
    all("[data-theirs]", card).forEach((part) => part.classList.remove("card-time"));
  };

  if (forum) all(".switch[data-zone]").forEach(drawSwitch);
  all("[data-card-time]").forEach(ownTime);
  if (matchMedia("(min-width: 60rem)").matches) all("details.filter").forEach((panel) => { panel.open = true; });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".menu[open]");
    if (event.key === "Escape" && menu) { menu.open = false; menu.firstElementChild.focus(); }
  });
  document.querySelector(".error-summary")?.focus();
})();
