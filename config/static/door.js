// The page of a door: scans without loading a page, keeps them while there is no line, and reads tickets with the camera.
// The page works without this file.
(() => {
  "use strict";
  const door = document.querySelector("[data-door]");
  if (!door) return;
  const SHOWN = 20; // answers under the last one
  const EVERY = 5000; // milliseconds between two tries to send what waits
  const PATIENCE = 4000; // milliseconds for an answer
  const MOST = 100; // scans sent at once
  const words = door.dataset;
  const form = door.querySelector("[data-scan]");
  const field = form.elements.text;
  const last = door.querySelector("[data-last]");
  const before = door.querySelector("[data-before]");
  const line = door.querySelector("[data-line]");
  const store = `door:${location.pathname}`;

  const waiting = () => JSON.parse(localStorage.getItem(store) || "[]");
  const keep = (scans) => localStorage.setItem(store, JSON.stringify(scans));
  const time = (at) =>
    new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

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
      while (before.children.length > SHOWN) before.lastElementChild.remove();
    }
    last.replaceChildren(shown(answer));
  };
  const tell = (text, n) => {
    line.hidden = !text;
    line.textContent = text.replace("{n}", new Intl.NumberFormat(document.documentElement.lang).format(n));
  };

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
  let wasAway = 0; // scans that waited for the line
  const send = async () => {
    if (isBusy || !waiting().length) return;
    isBusy = true;
    const scans = waiting().slice(0, MOST);
    try {
      const answer = await post(
        words.scans,
        JSON.stringify({ now: new Date().toISOString(), scans }),
        "application/json",
      );
      if (answer.status === 404) return tell(words.closed, 0);
      if (!answer.ok) throw new Error(answer.status);
      const { answers, inside } = await answer.json();
      const sent = new Set(scans.map((scan) => scan.key));
      keep(waiting().filter((scan) => !sent.has(scan.key)));
      door.querySelector("[data-inside]").textContent = inside;
      answers.forEach((one) => {
        const place = door.querySelector(`[name=key][value="${CSS.escape(one.key)}"]`)?.closest(".door-answer");
        if (place) place.replaceWith(shown(one));
        else show(one);
      });
      tell(wasAway ? words.sent : "", wasAway);
      wasAway = 0;
    } catch {
      wasAway = waiting().length;
      tell(words.noLine, wasAway);
    } finally {
      isBusy = false;
    }
    if (waiting().length && !wasAway) send();
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

  const scan = async (text) => {
    const key = crypto.randomUUID();
    const at = new Date().toISOString();
    const genuine = await isGenuine(text);
    const answer = { key, look: "ok", sign: "…", word: words.kept, name: "", about: "", time: time(at) };
    answer.sentence = genuine ? words.keptSentence : words.uncheckedSentence;
    if (genuine === false)
      Object.assign(answer, { look: "danger", sign: "?", word: words.unknown, sentence: words.unknownSentence });
    keep([...waiting(), { key, text, direction: form.elements.direction.value, at }]);
    show(answer);
    send();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    field.value = "";
    field.focus();
    if (text) scan(text);
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, button, a, select, textarea");
    if (!isTyping && event.key.length === 1 && !event.ctrlKey && !event.metaKey) field.focus(); // a scanner is a keyboard
  });

  // --- undo ---
  door.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-undo-form]")) return;
    event.preventDefault();
    const key = event.target.elements.key.value;
    const place = event.target.closest(".door-answer");
    if (waiting().some((one) => one.key === key) && !isBusy) {
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
    let seen = "";
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
          if (found && found !== seen) scan(found);
          seen = found || seen;
          setTimeout(look, 250);
        };
        look();
      } catch {
        tell(words.noCamera, 0);
      }
    });
  }
  send();
})();
