// The scheduling board: places the cards, moves them by pointer (mouse, pen, or the grip by touch) and by keyboard.
//
// Events on `document`, for what stands beside the board (detail: code, title, address, minutes; from `aim` on also
// day, time, room, side):
//   board:lift   a session is taken up        board:aim    it is held over another place
//   board:leave  it is left where it was      board:drop   it is let go there (the answer is still to come)
//   board:shown  the board shows the state of the site again (no detail)
// It listens to `board:put` (detail: code, day, time, room), and moves the session there.
const SNAP = 15;
const root = document.getElementById("board");
const said = document.getElementById("said");
const mover = document.getElementById("mover");
const target = document.getElementById("mover-target");
const token = document.querySelector("#board-token [name=csrfmiddlewaretoken]").value;
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
  minutes: Number(held.card.dataset.minutes),
  ...(held.place && {
    day: held.place.day,
    time: clock(held.place.begins),
    room: held.place.room,
    side: Boolean(held.place.side),
  }),
});
const tell = (name) => document.dispatchEvent(new CustomEvent(`board:${name}`, { detail: detail() }));

async function drop({ follow }) {
  if (!held.card || held.busy) return;
  held.busy = true;
  tell("drop");
  const { card, place } = held,
    form = new FormData();
  form.set("version", card.dataset.version);
  if (place.side) form.set("verb", "unschedule");
  else {
    form.set("verb", "move");
    form.set("date", place.day);
    form.set("time", clock(place.begins));
    form.set("minutes", card.dataset.minutes);
    form.set("room", place.room === "0" ? "" : place.room);
  }
  const query = new URLSearchParams(location.search),
    shown = grid().dataset.day;
  query.set("day", follow && !place.side ? place.day : shown);
  const found = await ask(`${card.dataset.address}?${query}`, form)
    .catch(() =>
      ask(`${root.dataset.address}?${query}`).then((now) => ({
        ...now,
        said: words("lost"),
        isRefused: true,
      })),
    )
    .catch(() => null); // neither the answer nor the day as it now is
  held.busy = false;
  if (!found) {
    say(words("failed"), [], true);
    if (!follow) leave(words("failed"), true);
    return;
  }
  finish();
  show(found.html);
  if (grid().dataset.day !== shown) history.replaceState(null, "", `?${query}`);
  say(found.said, found.clashes, found.isRefused, found.more);
  const moved = document.getElementById(`s${card.dataset.code}`);
  moved?.scrollIntoView({ block: "nearest", inline: "nearest" });
  (moved?.querySelector(".grip") ?? said).focus({ preventScroll: true });
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
    room: card.closest(".room")?.dataset.room ?? rooms()[0].dataset.room,
    side: false,
  };
  held.origin = { ...held.place };
  card.classList.add("lifted");
  tell("lift");
}

function aim(place) {
  const isSame =
    ["day", "begins", "room", "side"].every((name) => held.place[name] === place[name]) &&
    root.querySelector(".shadow");
  held.place = place;
  root.querySelector(".shadow")?.remove();
  for (const aimed of root.querySelectorAll(".aimed")) aimed.classList.remove("aimed");
  if (place.side) root.querySelector(".side").classList.add("aimed");
  else if (place.day === grid().dataset.day) {
    const shadow = document.createElement("li");
    shadow.className = "shadow";
    shadow.setAttribute("aria-hidden", "true");
    shadow.textContent = clock(place.begins);
    shadow.style.setProperty("--begins", place.begins);
    shadow.style.setProperty("--long", held.card.dataset.minutes);
    roomOf(place.room).querySelector("ol").append(shadow);
  } else root.querySelector(`.days [data-day="${place.day}"]`)?.classList.add("aimed");
  if (!isSame) tell("aim");
}

// --- by keyboard, and by the buttons of the mover ----------------------------------------------------------
function describe() {
  const { place, card } = held;
  if (place.side) return words("side");
  const ends = place.begins + Number(card.dataset.minutes),
    room = roomOf(place.room);
  const taken =
    place.day === grid().dataset.day &&
    place.room !== "0" &&
    [...room.querySelectorAll(".card")].find(
      (other) =>
        other !== card &&
        !other.classList.contains("off") &&
        Number(other.dataset.begins) < ends &&
        place.begins < Number(other.dataset.begins) + Number(other.dataset.minutes),
    );
  const parts = {
    day: dayName(place.day),
    time: clock(place.begins),
    end: clock(ends),
    room: room.dataset.name,
  };
  return words("target", parts) + (taken ? `. ${words("taken", { title: taken.dataset.title })}` : "");
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
  const by = (isFine ? 5 : SNAP) * (key === "ArrowUp" ? -1 : 1);
  const side = { ArrowLeft: isRtl ? 1 : -1, ArrowRight: isRtl ? -1 : 1, before: -1, after: 1 }[key];
  if (key === "ArrowUp" || key === "ArrowDown") place.begins = clamp(place.begins + by, 0, 24 * 60 - 5);
  else if (side) place.room = all[clamp(all.indexOf(roomOf(place.room)) + side, 0, all.length - 1)].dataset.room;
  else if (key === "PageUp" || key === "PageDown") {
    const day = shift(place.day, key === "PageUp" ? -1 : 1);
    place.day = day < root.dataset.first ? root.dataset.first : day > root.dataset.last ? root.dataset.last : day;
  } else if (key === "Delete") place.side = true;
  aim(place);
  target.textContent = describe();
  root.querySelector(".shadow")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

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
    step(event.key, event.shiftKey);
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
  STRIDE = 8; // pixels: how near to an edge what is beyond it comes, and how much of it in a frame
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
    down = card.closest(".room") ? event.clientY - box.top : 12;
  drag = {
    card,
    pointer: event.pointerId,
    x: event.clientX,
    y: event.clientY,
    down,
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
    document.body.append(drag.ghost);
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
  const under = document.elementFromPoint(clientX, clientY);
  const room = under?.closest(".room"),
    tab = under?.closest("[data-day]:is(a)");
  if (tab) aim({ ...held.origin, day: tab.dataset.day });
  else if (under?.closest(".side")) aim({ ...held.place, side: true });
  else if (room) {
    const list = room.querySelector("ol"),
      box = list.getBoundingClientRect();
    const minutes = (clientY - drag.down - box.top) / (box.height / 1440);
    const snap = altKey ? 5 : SNAP,
      own = held.origin.begins;
    const begins = Math.abs(minutes - own) <= snap / 2 ? own : clamp(Math.round(minutes / snap) * snap, 0, 1435);
    aim({ day: grid().dataset.day, begins, room: room.dataset.room, side: false });
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
  if (held.card) finish();
  lift(card);
  const [hour, minute] = wanted.time.split(":").map(Number);
  held.place = {
    day: wanted.day,
    begins: hour * 60 + minute,
    room: String(wanted.room || "0"),
    side: false,
  };
  drop({ follow: true });
});

root.classList.add("scripted");
draw();
scrollToMorning();
