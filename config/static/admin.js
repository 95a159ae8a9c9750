// The lists of the autocomplete fields (select2) carry no names: give them the label of their field.
const name = (box) => {
  const select = box.previousElementSibling;
  const label = select?.id ? document.querySelector(`label[for="${CSS.escape(select.id)}"]`) : null; // the list that is open has no such neighbour
  return select?.getAttribute("aria-label") || label?.textContent.replace(/:\s*$/, "").trim() || "";
};
const mend = () => {
  for (const box of document.querySelectorAll(".select2-container")) {
    const words = name(box);
    if (words) box.querySelector(".select2-selection")?.setAttribute("aria-label", words);
    for (const field of box.querySelectorAll(".select2-search__field"))
      field.setAttribute("aria-label", words || document.title);
    for (const list of box.querySelectorAll(".select2-selection__rendered")) {
      if (list.tagName === "UL") list.setAttribute("role", "group");
      else if (words) list.setAttribute("aria-label", words);
      for (const item of list.querySelectorAll("li")) item.setAttribute("role", "none");
    }
  }
};
addEventListener("load", () => {
  mend();
  let due = 0;
  new MutationObserver(() => {
    due ||= requestAnimationFrame(() => {
      due = 0;
      mend();
    });
  }).observe(document.body, { childList: true, subtree: true });
});

// Lists: what stands in a long filter is found by its words; what is taken off in the dock is told to its counter.
for (const field of document.querySelectorAll(".chip .find")) {
  field.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.trim().toLowerCase();
    for (const item of field.parentElement.querySelectorAll("li"))
      item.hidden = !item.textContent.toLowerCase().includes(words);
  });
}
const rows = document.getElementById("changelist-form");
rows?.addEventListener("reset", () => {
  setTimeout(() => rows.querySelector(".action-select")?.dispatchEvent(new Event("change", { bubbles: true })));
});
