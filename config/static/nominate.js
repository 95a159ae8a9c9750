// A step of a nomination: counts words while one types (saving.js saves). The page works without this file.
(() => {
  "use strict";
  const form = document.getElementById("nominate");
  if (!form) return;
  const words = form.dataset;

  // The rule and the ranges of prizes/words.py.
  const signs =
    "\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3038-\\u303B\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA" +
    "\\u30FC-\\u30FF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\u9FFF\\uF900-\\uFAFF\\uFF66-\\uFF9D\\u{1AFF0}-\\u{1AFFF}" +
    "\\u{1B000}-\\u{1B16F}\\u{20000}-\\u{3FFFF}";
  const word = new RegExp(`[${signs}][\\p{M}\\uFF9E\\uFF9F]*|(?:(?![${signs}])[\\p{L}\\p{M}\\p{Nd}])+`, "gu");
  const count = (text) => (text.match(word) || []).length;
  window.countWords = count; // for the test that compares it with the server's

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const counted = document.getElementById("counted");
  let speaking;
  const show = (box, isSpoken) => {
    const note = document.querySelector(`[data-counts="${box.id}"]`);
    const [least, most] = box.dataset.words.split("-").map(Number);
    const number = count(box.value);
    const text = fill(most ? words.between : least ? words.least : words.count, {
      number,
      least,
      most,
    });
    note.textContent = text;
    note.classList.toggle("right", number >= least && (!most || number <= most));
    note.classList.toggle("off", Boolean(most) && number > most);
    clearTimeout(speaking);
    if (isSpoken)
      speaking = setTimeout(() => {
        counted.textContent = text;
      }, 2000); // once one pauses, not at each key
  };
  const boxes = [...form.querySelectorAll("textarea[data-words]")];
  boxes.forEach((box) => show(box, false));

  form.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-words]")) show(event.target, true);
  });
})();
