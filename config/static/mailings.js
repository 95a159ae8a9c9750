// Writing to people: a button puts its placeholder where the cursor last stood in a subject or a text.
let field = null;
document.addEventListener("focusin", (event) => {
  if (event.target.closest(".words")) {
    field = event.target;
  }
});
for (const button of document.querySelectorAll("[data-put-in]")) {
  button.addEventListener("click", () => {
    field ??= document.querySelector(".language[open] textarea");
    if (field) {
      field.setRangeText(button.dataset.putIn, field.selectionStart, field.selectionEnd, "end");
      field.focus();
    }
  });
}
