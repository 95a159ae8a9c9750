// Sessions that a visitor remembers in this browser, without an account, until they are in an agenda. Nothing is sent anywhere.
(() => {
  "use strict";
  const words = document.body.dataset;
  if (!words.favourites) return;
  const key = `remembered:${words.favourites}`;
  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((code) => /^[0-9A-Z]{6}$/.test(code)) : [];
    } catch {
      return [];
    }
  };
  const write = (codes) => {
    try {
      localStorage.setItem(key, JSON.stringify(codes));
    } catch {
      /* a private window keeps nothing */
    }
  };

  const drawButton = (button, code) => {
    const isKept = read().includes(code);
    button.setAttribute("aria-pressed", isKept);
    button.firstChild.data = isKept ? `★ ${words.remembered}` : `☆ ${words.remember}`;
  };
  const drawLink = () => {
    const codes = read();
    const head = document.getElementById("me");
    head?.querySelector(".remembered")?.remove();
    if (!head || !codes.length) return;
    const link = document.createElement("a");
    link.className = "remembered";
    link.href = `${words.favourites}?${codes.map((code) => `codes=${code}`).join("&")}`;
    link.textContent = `★ ${words.remembered} (${codes.length})`;
    head.prepend(link);
  };
  const addButton = (place, code, title) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet remember";
    const name = document.createElement("span");
    name.className = "hidden-text";
    name.textContent = title ? `: ${title}` : "";
    button.append("", name);
    drawButton(button, code);
    button.addEventListener("click", () => {
      const codes = read();
      write(codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code].slice(-50));
      drawButton(button, code);
      drawLink();
    });
    place.append(button);
  };

  const isKnown = document.cookie.split("; ").some((one) => one.replace("__Host-", "").startsWith("known="));
  if (!isKnown) {
    for (const place of document.querySelectorAll("[id^=act-]")) {
      const title = place.closest("li")?.querySelector("h3, h4")?.textContent.trim();
      addButton(place, place.id.slice(4), title);
    }
    const card = document.getElementById("card");
    if (card) addButton(card, card.dataset.part.split("/").at(-2), "");
  }
  // What is booked need not be remembered any more.
  document.addEventListener("part", (event) => {
    const booked = event.target.querySelector?.("template[data-booked]")?.dataset.booked.split(" ") ?? [];
    if (booked.length) write(read().filter((code) => !booked.includes(code)));
    if (event.target.id === "me") drawLink();
  });
  drawLink();
})();
