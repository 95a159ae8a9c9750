// The scheduling board: places the cards, moves them by pointer (mouse, pen, or the grip by touch) and by keyboard, makes
// them longer and shorter (the lower edge by mouse, the mover by keyboard and touch), undoes and redoes.
//
// Events on `document`, for what stands beside the board (detail: code, title, address, minutes, day, time, room,
// side):
//   board:lift   a session is taken up        board:aim    it is held over another place
//   board:leave  it is left where it was      board:drop   it is let go there (the answer is still to come)
//   board:shown  the board shows the state of the site again (no detail)
// It listens to `board:put` (detail: code, day, time, room), and moves the session there.
const SNAP = 15,
  FINE = 5; // minutes
const root = document.getElementById("board");
const steps = document.getElementById("steps");
const said = document.getElementById("said");
const mover = document.getElementById("mover");
const target = document.getElementById("mover-target");
const token = steps.querySelector("[name=csrfmiddlewaretoken]").value;
const language = document.documentElement.lang.replace(/^en$/, "en-GB");
const words = (name, parts = {}) => root.dataset[name].replace(/\{(\w+)\}/g, (_all, key) => parts[key] ?? "");
const clock = (minutes) =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
const grid = () => root.querySelector(".grid");
const rooms = () => [...root.querySelectorAll(".room")];
const roomOf = (key) => rooms().find((room) => room.dataset.room === key);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const shift = (day, by) => {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + by);
  return date.toISOString().slice(0, 10);
};
const dayName = (day) =>
  new Date(`${day}T12:00:00Z`).toLocaleDateString(language, {
    weekday: "long",
    day: "numeric",
    month: "long",
    timeZone: "UTC",
  });

// --- drawing ---------------------------------------------------------------------------------------
function lanes(cards) {
  const ends = [];
  let cluster = [],
    reach = -1;
  for (const card of cards) {
    const begins = Number(card.dataset.begins),
      end = begins + Math.max(Number(card.dataset.minutes), 28);
    if (begins >= reach) {
      cluster = [];
      ends.length = 0;
    }
    let lane = ends.findIndex((last) => last <= begins);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    reach = Math.max(reach, end);
    cluster.push(card);
    card.style.setProperty("--begins", begins);
    card.style.setProperty("--long", card.dataset.minutes);
    card.style.setProperty("--lane", lane);
    for (const other of cluster) other.style.setProperty("--lanes", ends.length);
    cards.most = Math.max(cards.most ?? 1, ends.length);
  }
  return cards.most ?? 1;
}

function draw() {
  grid().classList.add("placed");
  for (const room of rooms()) {
    const cards = [...room.querySelectorAll(".card")].sort((a, b) => a.dataset.begins - b.dataset.begins);
    room.style.setProperty("--lanes", lanes(cards));
  }
}

function scrollToMorning() {
  const step = grid().querySelector(".hours li").offsetHeight / 60;
  grid().scrollTo({ top: (8 * 60 - 20) * step, behavior: "instant" });
  const wanted = location.hash.length > 2 && document.getElementById(location.hash.slice(1));
  if (wanted) wanted.scrollIntoView({ block: "center", inline: "center" });
}

function show(html, { keep = true } = {}) {
  const { scrollTop, scrollLeft } = grid();
  const side = root.querySelector(".side ol")?.scrollTop ?? 0;
  root.innerHTML = html; // our own site's answer, escaped by its template
  draw();
  if (keep) {
    grid().scrollTo({ top: scrollTop, left: scrollLeft, behavior: "instant" });
    root.querySelector(".side ol")?.scrollTo({ top: side, behavior: "instant" });
  } else scrollToMorning();
  document.dispatchEvent(new CustomEvent("board:shown"));
}

function say(text, clashes = [], isRefused = false, more = null) {
  said.classList.toggle("refused", isRefused);
  said.querySelector("p").textContent = text;
  said.querySelector("ul").replaceChildren(
    ...clashes.map((clash) => {
      const line = document.createElement("li"),
        label = document.createElement("b"),
        body = document.createElement("bdi");
      label.textContent = clash.label;
      body.textContent = clash.text;
      line.append(label, " ", body);
      return line;
    }),
  );
  if (more) {
    const line = document.createElement("li"),
      link = document.createElement("a");
    link.href = more.address;
    link.textContent = more.link;
    line.append(more.text, " ", link);
    said.querySelector("ul").append(line);
  }
  said.tabIndex = said.scrollHeight > said.clientHeight ? 0 : -1; // what is too long for it is scrolled by keyboard too
}

// --- asking the site ---------------------------------------------------------------------------------
async function ask(address, body) {
  const answer = await fetch(address, {
    method: body ? "POST" : "GET",
    body,
    headers: { Accept: "application/json", ...(body ? { "X-CSRFToken": token } : {}) },
    credentials: "same-origin",
  });
  const found = await answer.json(); // a log-in page or an error is no JSON, and falls to the caller
  if (!found.html) throw new Error(answer.status);
  return { ...found, isRefused: !answer.ok };
}

const held = { card: null, origin: null, place: null, busy: false }; // what is moved, from where and where to

const detail = () => ({
  code: held.card.dataset.code,
  title: held.card.dataset.title,
  address: held.card.dataset.address,
  ...(held.place && {
    minutes: held.place.minutes,
    day: held.place.day,
    time: clock(held.place.begins),
    room: held.place.room,
    side: Boolean(held.place.side),
  }),
});
const tell = (name) => document.dispatchEvent(new CustomEvent(`board:${name}`, { detail: detail() }));

// Sends a change. Where its answer is lost, the day as it now is; null: neither the one nor the other.
async function send(address, query, form) {
  held.busy = true;
  const found = await ask(`${address}?${query}`, form)
    .catch(() =>
      ask(`${root.dataset.address}?${query}`).then((now) => ({
        ...now,
        said: words("lost"),
        isRefused: true,
      })),
    )
    .catch(() => null);
  held.busy = false;
  return found;
}

// Shows the answer to a change of a session, and puts the focus on what `focus` finds then.
function arrive(found, { query, code, focus }) {
  const shown = grid().dataset.day;
  finish();
  show(found.html);
  query.set("day", grid().dataset.day);
  if (grid().dataset.day !== shown) history.replaceState(null, "", `?${query}`);
  say(found.said, found.clashes, found.isRefused, found.more);
  for (const way of ["undo", "redo"]) steps.querySelector(`[value=${way}]`).disabled = !found.steps[way];
  const moved = document.getElementById(`s${code}`);
  moved?.scrollIntoView({ block: "nearest", inline: "nearest" });
  (focus(moved) ?? said).focus({ preventScroll: true });
}

async function drop({ follow }) {
  if (!held.card || held.busy) return;
  tell("drop");
  const { card, place } = held,
    form = new FormData();
  form.set("version", card.dataset.version);
  if (place.side) form.set("verb", "unschedule");
  else {
    form.set("verb", "move");
    form.set("date", place.day);
    form.set("time", clock(place.begins));
    form.set("minutes", place.minutes);
    form.set("room", place.room === "0" ? "" : place.room);
  }
  const query = new URLSearchParams(location.search);
  query.set("day", follow && !place.side ? place.day : grid().dataset.day);
  const found = await send(card.dataset.address, query, form);
  if (found) arrive(found, { query, code: card.dataset.code, focus: (moved) => moved?.querySelector(".grip") });
  else {
    say(words("failed"), [], true);
    if (!follow) leave(words("failed"), true);
  }
}

function finish() {
  held.card?.classList.remove("lifted");
  root.querySelector(".shadow")?.remove();
  for (const aimed of root.querySelectorAll(".aimed")) aimed.classList.remove("aimed");
  mover.hidden = true;
  held.card = held.place = null;
}

function leave(text = words("left"), isRefused = false) {
  if (!held.card) return;
  const { card } = held;
  tell("leave");
  finish();
  say(text, [], isRefused);
  card.querySelector(".grip")?.focus();
}

function lift(card) {
  held.card = card;
  held.place = {
    day: grid().dataset.day,
    begins: Number(card.dataset.begins ?? 9 * 60),
    minutes: Number(card.dataset.minutes),
    room: card.closest(".room")?.dataset.room ?? rooms()[0].dataset.room,
    side: false,
  };
  held.origin = { ...held.place };
  card.classList.add("lifted");
  tell("lift");
}

function aim(place) {
  const isSame =
    ["day", "begins", "minutes", "room", "side"].every((name) => held.place[name] === place[name]) &&
    root.querySelector(".shadow");
  held.place = place;
  root.querySelector(".shadow")?.remove();
  for (const aimed of root.querySelectorAll(".aimed")) aimed.classList.remove("aimed");
  if (place.side) root.querySelector(".side").classList.add("aimed");
  else if (place.day === grid().dataset.day) {
    const shadow = document.createElement("li");
    shadow.className = takenBy(place) ? "shadow taken" : "shadow";
    shadow.setAttribute("aria-hidden", "true");
    shadow.textContent = [`${clock(place.begins)}–${clock(place.begins + place.minutes)}`, takenBy(place)].join(" ");
    shadow.style.setProperty("--begins", place.begins);
    shadow.style.setProperty("--long", place.minutes);
    roomOf(place.room).querySelector("ol").append(shadow);
  } else root.querySelector(`.days [data-day="${place.day}"]`)?.classList.add("aimed");
  if (!isSame) tell("aim");
}

// Who has a room at the time for which the session is held over it, in words; empty where it is free.
function takenBy(place) {
  if (place.day !== grid().dataset.day || place.room === "0") return "";
  const taken = [...roomOf(place.room).querySelectorAll(".card:not(.off)")].find(
    (other) =>
      other !== held.card &&
      Number(other.dataset.begins) < place.begins + place.minutes &&
      place.begins < Number(other.dataset.begins) + Number(other.dataset.minutes),
  );
  return taken ? words("taken", { title: taken.dataset.title }) : "";
}

// --- by keyboard, and by the buttons of the mover ----------------------------------------------------------
function describe() {
  const { place } = held;
  if (place.side) return words("side");
  const parts = {
    day: dayName(place.day),
    time: clock(place.begins),
    end: clock(place.begins + place.minutes),
    room: roomOf(place.room).dataset.name,
  };
  return [words("target", parts), takenBy(place)].filter(Boolean).join(". ");
}

function startMover(card) {
  if (held.card) finish();
  lift(card);
  mover.hidden = false;
  document.getElementById("mover-title").textContent = words("moving", {
    title: card.dataset.title,
  });
  aim({ ...held.place });
  target.textContent = describe();
  root.querySelector(".shadow")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  mover.focus();
}

function step(key, isFine) {
  const place = { ...held.place, side: false },
    all = rooms(),
    isRtl = getComputedStyle(root).direction === "rtl";
  const by = (isFine ? FINE : SNAP) * (key === "ArrowUp" || key === "shorter" ? -1 : 1);
  const side = { ArrowLeft: isRtl ? 1 : -1, ArrowRight: isRtl ? -1 : 1, before: -1, after: 1 }[key];
  if (key === "ArrowUp" || key === "ArrowDown") place.begins = clamp(place.begins + by, 0, 24 * 60 - FINE);
  else if (key === "shorter" || key === "longer")
    place.minutes = clamp(place.minutes + by, FINE, Math.max(place.minutes, 24 * 60));
  else if (side) place.room = all[clamp(all.indexOf(roomOf(place.room)) + side, 0, all.length - 1)].dataset.room;
  else if (key === "PageUp" || key === "PageDown") {
    const day = shift(place.day, key === "PageUp" ? -1 : 1);
    place.day = day < root.dataset.first ? root.dataset.first : day > root.dataset.last ? root.dataset.last : day;
  } else if (key === "Delete") place.side = true;
  aim(place);
  target.textContent = describe();
  root.querySelector(".shadow")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const LENGTH = { ArrowUp: "shorter", ArrowDown: "longer" }; // with Alt
const KEYS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Delete"]);
mover.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault();
    leave();
  } else if (event.key === "Enter" && event.target === mover) {
    event.preventDefault();
    drop({ follow: true });
  } else if (KEYS.has(event.key)) {
    event.preventDefault();
    step((event.altKey && LENGTH[event.key]) || event.key, event.shiftKey);
  }
});
mover.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (key === "Enter") drop({ follow: true });
  else if (key === "Escape") leave();
  else if (key) step(key, event.shiftKey);
});

// --- by pointer ---------------------------------------------------------------------------------------
const EDGE = 36,
  STRIDE = 8, // pixels: how near to an edge what is beyond it comes, and how much of it in a frame
  RIM = 8; // pixels: the lower part of a card, by which it is made longer and shorter (.card::after)
let drag = null;
const isDragged = (event) => drag && event.pointerId === drag.pointer;
root.addEventListener("dragstart", (event) => event.preventDefault());
root.addEventListener("contextmenu", (event) => {
  if (drag?.ghost) event.preventDefault();
}); // a finger that rests
root.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".card:not(.rest)");
  if (!card || event.button || !event.isPrimary || held.busy || drag) return;
  if (event.pointerType === "touch" && !event.target.closest(".grip")) return;
  const box = card.getBoundingClientRect(),
    list = card.closest(".room ol"), // none at the side
    isOnRim = list && event.clientY > box.bottom - RIM && event.pointerType !== "touch" && !card.matches(".goes-on"),
    end = isOnRim ? (list.offsetHeight / 1440) * card.dataset.minutes : 0;
  drag = {
    card,
    isOnRim,
    pointer: event.pointerId,
    x: event.clientX,
    y: event.clientY,
    down: list ? event.clientY - box.top - end : 12, // how far below the start (or the end) it was taken
    ghost: null,
    at: event,
  };
});
addEventListener("pointermove", (event) => {
  if (!isDragged(event)) return;
  drag.at = event;
  if (!drag.ghost) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 6) return;
    if (held.card) finish();
    lift(drag.card);
    drag.ghost = drag.card.cloneNode(true);
    drag.ghost.removeAttribute("id");
    drag.ghost.classList.add("ghost");
    if (!drag.isOnRim) document.body.append(drag.ghost);
    root.classList.add("dragging");
    getSelection()?.removeAllRanges();
    requestAnimationFrame(creep);
  }
  event.preventDefault();
  drag.ghost.style.setProperty("--x", `${event.clientX + 8}px`);
  drag.ghost.style.setProperty("--y", `${event.clientY + 8}px`);
  over(event);
});

function over({ clientX, clientY, altKey }) {
  const snap = altKey ? FINE : SNAP;
  // Where the start (or the end) of the card would be under the pointer, in minutes; `own`, where it is, draws it to itself.
  const minuteIn = (list, own) => {
    const box = list.getBoundingClientRect(),
      minute = (clientY - drag.down - box.top) / (box.height / 1440);
    return Math.abs(minute - own) <= snap / 2 ? own : Math.round(minute / snap) * snap;
  };
  if (drag.isOnRim) {
    const { begins, minutes } = held.origin,
      ends = minuteIn(drag.card.closest("ol"), begins + minutes);
    aim({ ...held.origin, minutes: clamp(ends, begins + FINE, 1440) - begins });
    return;
  }
  const under = document.elementFromPoint(clientX, clientY);
  const room = under?.closest(".room"),
    tab = under?.closest("[data-day]:is(a)");
  if (tab) aim({ ...held.origin, day: tab.dataset.day });
  else if (under?.closest(".side")) aim({ ...held.place, side: true });
  else if (room) {
    const begins = clamp(minuteIn(room.querySelector("ol"), held.origin.begins), 0, 1440 - FINE);
    aim({ ...held.origin, day: grid().dataset.day, begins, room: room.dataset.room, side: false });
  }
}

// Held near an edge, the day (up, down, to other rooms) and the page come nearer, also while the pointer rests.
function creep() {
  if (!drag?.ghost) return;
  const { clientX: x, clientY: y } = drag.at,
    day = grid(),
    frame = day.getBoundingClientRect();
  const isRtl = getComputedStyle(root).direction === "rtl",
    hours = day.querySelector(".hours").offsetWidth;
  const was = [day.scrollTop, day.scrollLeft, scrollY].join();
  const bar = document.getElementById("board-hours"),
    floor = bar.hidden ? innerHeight : bar.getBoundingClientRect().top;
  if (x > frame.left && x < frame.right && y > Math.max(frame.top, 0) && y < frame.bottom + EDGE) {
    if (y > Math.min(frame.bottom, floor) - EDGE) day.scrollBy({ top: STRIDE, behavior: "instant" });
    if (y < Math.max(frame.top, 0) + 2 * EDGE) day.scrollBy({ top: -STRIDE, behavior: "instant" });
    if (x > frame.right - (isRtl ? hours : EDGE)) day.scrollBy({ left: STRIDE, behavior: "instant" });
    if (x < frame.left + (isRtl ? EDGE : hours)) day.scrollBy({ left: -STRIDE, behavior: "instant" });
  }
  if (y < EDGE) scrollBy({ top: -STRIDE, behavior: "instant" });
  if (y > innerHeight - EDGE) scrollBy({ top: STRIDE, behavior: "instant" });
  if (was !== [day.scrollTop, day.scrollLeft, scrollY].join()) over(drag.at);
  requestAnimationFrame(creep);
}

function endDrag(isDropped) {
  if (!drag) return;
  const { ghost } = drag;
  drag = null;
  if (!ghost) return;
  ghost.remove();
  root.classList.remove("dragging");
  addEventListener(
    "click",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true, once: true },
  );
  setTimeout(() => dispatchEvent(new Event("click")), 0); // takes the listener away where no click follows
  if (isDropped && root.querySelector(".shadow, .aimed")) drop({ follow: false });
  else leave();
}
addEventListener("pointerup", (event) => {
  if (isDragged(event)) endDrag(true);
});
addEventListener("pointercancel", (event) => {
  if (isDragged(event)) endDrag(false);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") endDrag(false);
});
root.addEventListener("click", (event) => {
  const grip = event.target.closest(".grip");
  if (grip) startMover(grip.closest(".card"));
});

// --- undo and redo ------------------------------------------------------------------------------------
async function takeBack(way) {
  if (held.card || held.busy) return;
  const form = new FormData(),
    query = new URLSearchParams(location.search);
  form.set("step", way);
  query.set("day", grid().dataset.day);
  const found = await send(root.dataset.address, query, form);
  if (found) arrive(found, { query, code: found.code, focus: () => steps.querySelector(`[value=${way}]:enabled`) });
  else say(words("failed"), [], true);
}
steps.addEventListener("submit", (event) => {
  event.preventDefault();
  takeBack(event.submitter.value);
});
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input")) return;
  const way = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
  if (!way) return;
  event.preventDefault();
  takeBack(way);
});

// --- days, search, and what others ask for ---------------------------------------------------------------
async function load(query, focus) {
  try {
    const found = await ask(`${root.dataset.address}?${query}`);
    show(found.html, { keep: false });
    history.replaceState(null, "", `?${query}`);
    root.querySelector(focus)?.focus();
  } catch {
    location.search = query;
  }
}
root.addEventListener("submit", (event) => {
  event.preventDefault();
  load(new URLSearchParams(new FormData(event.target)).toString(), "#side-q");
});
document.addEventListener("board:put", ({ detail: wanted }) => {
  const card = document.getElementById(`s${wanted.code}`);
  if (!card || held.busy) return;
  const minutes = held.place?.minutes ?? Number(card.dataset.minutes),
    [hour, minute] = wanted.time.split(":").map(Number);
  if (held.card) finish();
  lift(card);
  held.place = {
    day: wanted.day,
    begins: hour * 60 + minute,
    minutes,
    room: String(wanted.room || "0"),
    side: false,
  };
  drop({ follow: true });
});

root.classList.add("scripted");
draw();
scrollToMorning();
