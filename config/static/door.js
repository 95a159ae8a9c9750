// The page of a door: scans without loading a page, keeps them while there is no line, and reads tickets with the camera.
// The page works without this file.
(() => {
  "use strict";
  const door = document.querySelector("[data-door]");
  if (!door || !window.crypto?.randomUUID) return; // no secure connection: the page works as it is
  const SHOWN = 20; // answers under the last one
  const EVERY = 5000; // milliseconds between two tries to send what waits
  const PATIENCE = 4000; // milliseconds for an answer
  const MOST = 50; // scans sent at once
  const SOON = 400; // milliseconds in which the site mostly answers: until then nothing is said
  const LONGEST = 400; // characters of what is read
  const SAME = 3000; // milliseconds in which the camera sees the same ticket once
  const words = door.dataset;
  const form = door.querySelector("[data-scan]");
  const field = form.elements.text;
  const last = door.querySelector("[data-last]");
  const before = door.querySelector("[data-before]");
  const line = door.querySelector("[data-line]");
  const store = `door:${words.door}`; // of this door alone: what waits of another one waits for its pass

  const waiting = () => JSON.parse(localStorage.getItem(store) || "[]");
  const keep = (scans) => localStorage.setItem(store, JSON.stringify(scans));
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: words.zone };
  const time = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, clock);

  // --- what is shown ---
  const shown = (answer) => {
    const made = door.querySelector("[data-answer]").content.cloneNode(true).firstElementChild;
    const put = (name, text) => (made.querySelector(name).textContent = text);
    made.className = `door-answer ${answer.look}`;
    put(".door-sign", answer.sign);
    put(".door-word b", answer.word);
    put(".door-name bdi", answer.name);
    put(".door-about bdi", answer.about);
    put(".door-sentence", answer.sentence);
    put(".door-time", answer.time);
    made.querySelector("[name=key]").value = answer.key;
    return made;
  };
  const show = (answer) => {
    const old = last.firstElementChild;
    if (old && old.querySelector("[name=key]").value !== answer.key) {
      const row = document.createElement("li");
      row.append(old);
      before.prepend(row);
      before.parentElement.hidden = false;
      while (before.children.length > SHOWN) before.lastElementChild.remove();
    }
    last.replaceChildren(shown(answer));
  };
  const figure = (n) => new Intl.NumberFormat(document.documentElement.lang).format(n);
  const tell = (text, n = 0, outcomes = "") => {
    line.hidden = !text;
    line.textContent = text.replace("{n}", figure(n)).replace("{outcomes}", outcomes);
  };
  const said = JSON.parse(document.getElementById("door-words").textContent); // outcome → word, sign, look, sentence
  const counted = (numbers) =>
    [...numbers].map(([outcome, n]) => `${said[outcome]?.[0] ?? outcome}: ${figure(n)}`).join(" · ");

  // --- whom a door refuses, in numbers: asked for again now and then ---
  let refused = JSON.parse(document.getElementById("door-refused").textContent);
  const RENEWED = 60000; // milliseconds after which the list is asked for again
  let renewed = Date.now();

  // --- the line ---
  const post = (address, body, type) =>
    fetch(address, {
      method: "POST",
      body,
      signal: AbortSignal.timeout(PATIENCE),
      headers: {
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
        "X-Scan": "1",
        ...(type && { "Content-Type": type }),
      },
    });
  let isBusy = false;
  let isAway = false;
  let late = 0; // scans that were sent since the line is back …
  let outcomes = new Map(); // … and how many of each outcome
  const send = async () => {
    const isOld = Date.now() - renewed > RENEWED;
    if (isBusy || (!waiting().length && !isOld)) return;
    isBusy = true;
    const scans = waiting().slice(0, MOST);
    try {
      const answer = await post(
        isOld ? `${words.scans}?refused` : words.scans,
        JSON.stringify({ now: new Date().toISOString(), scans }),
        "application/json",
      );
      if (answer.status === 404) return tell(words.closed);
      if (!answer.ok) throw new Error(answer.status);
      const { answers, inside, ...more } = await answer.json();
      if (more.refused) [refused, renewed] = [more.refused, Date.now()];
      const sent = new Set(scans.map((scan) => scan.key));
      keep(waiting().filter((scan) => !sent.has(scan.key)));
      door.querySelector("[data-inside]").textContent = inside;
      answers.forEach((one) => {
        const place = door.querySelector(`[name=key][value="${CSS.escape(one.key)}"]`)?.closest(".door-answer");
        if (place) place.replaceWith(shown(one));
        else if (!isAway) show(one);
      });
      late += scans.length;
      for (const one of answers) outcomes.set(one.outcome, (outcomes.get(one.outcome) ?? 0) + 1);
      if (!waiting().length) {
        if (scans.length || isAway) tell(isAway && late ? words.sent : "", late, counted(outcomes));
        isAway = false;
        late = 0;
        outcomes = new Map();
      }
    } catch {
      isAway = true;
      late = 0;
      outcomes = new Map();
      tell(words.noLine, waiting().length);
      return;
    } finally {
      isBusy = false;
    }
    send();
  };
  addEventListener("online", send);
  setInterval(send, EVERY);

  // --- a ticket is genuine: its signature says so, without the site ---
  const bytes = (text) => {
    const code = text.trim().replace(/[/]+$/, "").split("/").pop().replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(code), (sign) => sign.charCodeAt(0));
  };
  const isGenuine = async (text) => {
    try {
      const packed = bytes(text);
      if (packed.length < 65) return false;
      const raw = Uint8Array.from(words.publicKey.match(/../g), (pair) => parseInt(pair, 16));
      const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", key, packed.slice(-64), packed.slice(0, -64));
    } catch (error) {
      return error.name === "NotSupportedError" || !crypto.subtle ? null : false;
    }
  };

  // What the list says of a genuine ticket: the outcome, or nothing. An exit is refused to nobody.
  const refusal = (text) => {
    const packed = bytes(text);
    const view = new DataView(packed.buffer, 0, packed.length - 64);
    const number = Number(view.getBigUint64(5));
    const serial = view.byteLength > 13 ? view.getUint16(13) : 1;
    if (refused.withdrawn.includes(number)) return "cancelled";
    if (refused.waiting.includes(number)) return "no_accreditation";
    return serial < (refused.serials[number] ?? 1) ? "old_ticket" : "";
  };

  const isWaiting = (key) => waiting().some((one) => one.key === key);
  const add = async (read) => {
    const key = crypto.randomUUID();
    const at = new Date().toISOString();
    keep([...waiting(), { key, direction: form.elements.direction.value, at, ...read }]);
    send();
    const genuine = read.text ? await isGenuine(read.text) : null;
    const answer = { key, look: "ok", sign: "…", word: words.kept, name: "", about: "", time: time(at) };
    answer.sentence = genuine ? words.keptSentence : words.uncheckedSentence;
    if (genuine === false)
      Object.assign(answer, { look: "danger", sign: "?", word: words.unknown, sentence: words.unknownSentence });
    const outcome = genuine && form.elements.direction.value === "in" ? refusal(read.text) : "";
    if (outcome) [answer.word, answer.sign, answer.look, answer.sentence] = said[outcome];
    setTimeout(() => isWaiting(key) && show(answer), navigator.onLine ? SOON : 0);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim().slice(0, LONGEST);
    field.value = "";
    field.focus();
    if (text) add({ text });
  });
  const sayWhy = (event) => {
    if (navigator.onLine && !isAway) return;
    event.preventDefault(); // the page would be gone, and with it the door
    tell(words.searchLater);
  };
  door.querySelector("[role=search]").addEventListener("submit", sayWhy);
  door.querySelector("[data-needs-line]")?.addEventListener("click", sayWhy);
  door.querySelectorAll("[data-person]").forEach((one) =>
    one.addEventListener("submit", (event) => {
      event.preventDefault();
      add({ person: one.elements.person.value });
      one.closest("ul").remove();
      field.focus();
    }),
  );
  const ways = door.querySelectorAll("[data-direction]");
  ways.forEach((way) =>
    way.addEventListener("click", (event) => {
      event.preventDefault();
      ways.forEach((one) => one.removeAttribute("aria-current"));
      way.setAttribute("aria-current", "true");
      door.querySelectorAll("[name=direction]").forEach((one) => (one.value = way.dataset.direction));
      field.focus();
    }),
  );
  document.addEventListener("keydown", (event) => {
    const isOwn = event.target.matches("input") || event.key.length !== 1 || event.key === " ";
    if (!isOwn && !event.ctrlKey && !event.metaKey) field.focus(); // a scanner is a keyboard
  });

  // --- undo ---
  door.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-undo-form]")) return;
    event.preventDefault();
    const key = event.target.elements.key.value;
    const place = event.target.closest(".door-answer");
    if (isWaiting(key) && !isBusy) {
      keep(waiting().filter((one) => one.key !== key));
    } else {
      try {
        const answer = await post(words.undo, new URLSearchParams({ key }));
        if (!answer.ok) throw new Error(answer.status);
      } catch {
        return tell(words.noLine, waiting().length);
      }
    }
    (place.closest("li") || place).remove();
    field.focus();
  });

  // --- the camera ---
  const button = door.querySelector("[data-camera]");
  const video = door.querySelector("[data-video]");
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    button.hidden = false;
    let seen = { text: "", at: 0 };
    button.addEventListener("click", async () => {
      if (video.srcObject) {
        video.srcObject.getTracks().forEach((track) => track.stop());
        video.srcObject = null;
        video.hidden = true;
        return;
      }
      try {
        const detector = new BarcodeDetector({ formats: ["qr_code"] });
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.hidden = false;
        await video.play();
        const look = async () => {
          if (!video.srcObject) return;
          const found = (await detector.detect(video))[0]?.rawValue ?? "";
          if (found && (found !== seen.text || Date.now() - seen.at > SAME)) add({ text: found.slice(0, LONGEST) });
          if (found) seen = { text: found, at: Date.now() };
          setTimeout(look, 250);
        };
        look();
      } catch {
        tell(words.noCamera);
      }
    });
  }
  send();
})();
