// Forms that the browser fills with a passkey (templates/mfa/webauthn/ask.html); allauth's scripts ask for it.
(() => {
  "use strict";
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const { credential, passwordless } = form.elements;
    const ids = { [form.dataset.button]: "passkey", credential: credential.id };
    if (document.getElementById("passkey-options")) ids.data = "passkey-options";
    if (passwordless) ids.passwordless = passwordless.id;
    window.allauth.webauthn.forms[form.dataset.passkey]({ ids });
  });
  // What was not done (the person closed the window, the device has none) is said in words, beside the button.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-trouble]").forEach((trouble) => (trouble.hidden = false));
  });
})();
