// The parts of an add or change page as tabs: one is shown at a time. The address keeps which, also when the form is saved.
const links = [...document.querySelectorAll(".tabs a")];
const partOf = (id) => document.getElementById(id)?.closest(".part");
const show = (part) => {
  for (const link of links) {
    const one = partOf(link.hash.slice(1));
    one.hidden = one !== part;
    if (one === part) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};
// Where the address leads: a part, or a field in one.
const go = () => {
  const id = location.hash.slice(1);
  const part = partOf(id);
  if (!part) return false;
  show(part);
  if (part.id !== id) document.getElementById(id).focus();
  return true;
};
if (links.length) {
  const wrong = links.find((link) => link.classList.contains("wrong"));
  if (wrong || !go()) show(partOf((wrong ?? links[0]).hash.slice(1)));
  addEventListener("load", () => document.querySelector(".tabs").scrollIntoView({ block: "nearest" }));
  addEventListener("hashchange", go);
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(null, "", link.hash);
      show(partOf(link.hash.slice(1)));
    });
  }
}
// Languages in which nothing is written are folded: the text itself has the width.
for (const set of document.querySelectorAll(".part fieldset")) {
  const boxes = [...set.querySelectorAll(".form-multiline > div")].filter((box) => box.querySelector("[lang]"));
  const isWritten = (box) => box.querySelector("[lang]").value || box.querySelector(".errorlist");
  const written = new Set(boxes.filter(isWritten).map((box) => box.querySelector("[lang]").lang));
  const folded = boxes.filter((box) => !written.has(box.querySelector("[lang]").lang));
  if (!folded.length) continue;
  for (const box of folded) box.hidden = true;
  const more = document.getElementById("folded-languages").content.cloneNode(true).firstElementChild;
  more.firstElementChild.addEventListener("click", () => {
    for (const box of folded) box.hidden = false;
    more.remove();
    folded[0].querySelector("[lang]").focus();
  });
  folded.at(-1).closest(".form-row").after(more);
}
// On a phone a row is a block: each cell says what it is.
for (const table of document.querySelectorAll(".tabular table")) {
  const names = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    if (row.cells.length === names.length) [...row.cells].forEach((cell, place) => (cell.dataset.label = names[place]));
  }
}
