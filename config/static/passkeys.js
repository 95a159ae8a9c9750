// A passkey that was not used (the person closed the window, the device has none) is said in words, beside the button.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-passkey-trouble]").forEach((trouble) => (trouble.hidden = false));
});
