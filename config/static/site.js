// Times on the visitor's clock, the menu's Escape key, the filter open on wide screens. Every page works without this file.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });
  const words = document.body.dataset; // zone and place of the forum, words for another day
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const comma = document.documentElement.lang === "ar" ? "،" : ",";
  const kept = () => {
    try {
      return localStorage.getItem("zone");
    } catch {
      return null;
    }
  };
  const keep = (zone) => {
    try {
      localStorage.setItem("zone", zone);
    } catch {
      /* a private window keeps nothing */
    }
  };

  // A moment on the clock of a zone: its time, its day as a count (so that two clocks compare), its offset in minutes.
  const clock = (moment, zone) => {
    const parts = {};
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
    });
    for (const part of format.formatToParts(moment)) parts[part.type] = part.value;
    const day = Date.UTC(parts.year, parts.month - 1, parts.day) / 864e5;
    const minutes = day * 1440 + Number(parts.hour) * 60 + Number(parts.minute);
    return {
      time: `${parts.hour}:${parts.minute}`,
      day,
      offset: minutes - Math.floor(moment / 6e4),
    };
  };
  const offsetText = (minutes) => {
    const rest = Math.abs(minutes) % 60;
    return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
  };
  const endOf = (time) => (time === "00:00" ? "24:00" : time); // the day ends at 24:00, the next begins at 00:00
  const placeOf = (zone) => (zone === words.zone ? words.place : zone.split("/").pop().replaceAll("_", " "));
  const dayNote = (moment, zone) => {
    const shift = clock(moment, zone).day - clock(moment, words.zone).day;
    return shift ? (shift > 0 ? words.next : words.previous) : "";
  };

  let shown = document.querySelector(".switch[data-shown]")?.dataset.shown || words.zone;
  const zones = [...new Set([words.zone, shown, own === words.zone ? "UTC" : own])].slice(0, 2);
  const show = (zone, root = document) => {
    for (const time of all("time[data-clock]", root)) {
      const moment = new Date(time.dateTime);
      const there = clock(moment, zone);
      const isEnd = time.dataset.clock === "end";
      time.textContent = isEnd ? endOf(there.time) : there.time;
      const label = isEnd ? null : time.closest("[data-times]")?.querySelector(".zone");
      if (!label) continue;
      const note = dayNote(moment, zone);
      label.replaceChildren(
        `${placeOf(zone)}${comma} `,
        make("bdi", offsetText(there.offset)),
        note && `${comma} ${note}`,
      );
    }
    shown = zone;
  };

  const drawSwitch = (bar) => {
    const set = make("fieldset");
    const box = make("div");
    box.className = "bar";
    set.className = "switch";
    for (const zone of zones) {
      const [label, input, text] = [make("label"), make("input"), make("span", `${placeOf(zone)}\u00a0`)];
      Object.assign(input, { type: "radio", name: "zone", value: zone, checked: zone === shown });
      text.append(make("bdi", `(${offsetText(clock(new Date(bar.dataset.at), zone).offset)})`));
      label.append(input, text);
      box.append(label);
    }
    set.append(make("legend", bar.querySelector("span").textContent), box);
    set.addEventListener("change", (event) => {
      keep(event.target.value);
      show(event.target.value);
    });
    bar.replaceWith(set);
  };

  // The session card: the visitor's own time above the forum's.
  const ownTime = (card) => {
    const [starts, ends] = all("time", card).map((time) => new Date(time.dateTime));
    const fill = (name, text) => {
      card.querySelector(`[data-own="${name}"]`).textContent = text;
    };
    fill("zone", `${placeOf(own)} (${offsetText(clock(starts, own).offset)})`);
    fill("range", `${clock(starts, own).time}–${endOf(clock(ends, own).time)}`);
    fill("day", dayNote(starts, own));
    all("[hidden]", card).forEach((part) => {
      part.hidden = false;
    });
    card.classList.add("with-own");
  };

  if (words.zone) {
    const asked = new URLSearchParams(location.search).get("tz");
    const wanted = asked || kept();
    if (wanted !== shown && zones.includes(wanted)) show(wanted);
    all(".switch[data-shown]").forEach(drawSwitch);
    if (own !== words.zone) all("[data-card-time]").forEach(ownTime);
    document.addEventListener("part", (event) => {
      if (shown !== words.zone) show(shown, event.target);
    });
    for (const note of all("[data-now]")) {
      const [here, utc] = [words.zone, "UTC"].map((zone) => clock(Date.now(), zone).time);
      note.textContent = note.dataset.now.replace("{time}", here).replace("{place}", words.place).replace("{utc}", utc);
      note.hidden = false;
    }
  }
  if (matchMedia("(min-width: 60rem)").matches)
    all("details.filter").forEach((panel) => {
      panel.open = true;
    });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector(".menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.firstElementChild.focus();
    }
  });
  // The fragment of the head says what is booked: mark those sessions that this page shows.
  document.addEventListener("part", (event) => {
    const mark = event.target.querySelector?.("template[data-booked]");
    for (const code of mark?.dataset.booked.split(" ") ?? []) {
      document.getElementById(`act-${code}`)?.replaceChildren(mark.content.cloneNode(true));
    }
  });
  all("input[data-zone-field]").forEach((field) => {
    field.value ||= own;
  });
  // A link to what is folded opens the fold; one to a day of the programme that stands on another page goes there.
  const findTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    const fold = target?.closest("details:not([open])");
    const day = !target && location.hash && all(".days a").find((link) => link.hash === location.hash);
    if (day) location.replace(day.href);
    if (fold) {
      fold.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", findTarget);
  findTarget();
  // The bar of days begins at those that are shown.
  const middle = (box) => box.getBoundingClientRect().left + box.offsetWidth / 2;
  for (const day of all(".days .here").slice(0, 1)) {
    const bar = day.closest("nav");
    bar.scrollBy(middle(day) - middle(bar), 0);
  }
  // The site's first page goes by the language that was chosen last (events.programme.views.index).
  document.addEventListener("click", (event) => {
    const code = event.target.closest?.("a[lang][hreflang]")?.hreflang;
    const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
    if (code) document.cookie = `${prefix}language=${code}; path=/; max-age=31536000; samesite=lax${secure}`;
  });
  document.querySelector(".error-summary")?.focus();
})();
