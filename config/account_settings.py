"""Settings of accounts that are the same on every machine: how people sign up, log in, and show a second step."""

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "registration.people.accounts.password_rules.GuessableValidator"},
]
ACCOUNT_ADAPTER = "registration.people.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "add_email": "registration.people.accounts.forms.AddEmailForm",
    "change_password": "registration.people.accounts.forms.ChangePasswordForm",
    "confirm_email_verification_code": "registration.people.accounts.forms.ConfirmEmailForm",
    "confirm_login_code": "registration.people.accounts.forms.ConfirmLoginCodeForm",
    "login": "registration.people.accounts.forms.LoginForm",
    "reauthenticate": "registration.people.accounts.forms.ReauthenticateForm",
    "request_login_code": "registration.people.accounts.forms.RequestLoginCodeForm",
    "reset_password": "registration.people.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "registration.people.accounts.forms.ResetPasswordKeyForm",
    "set_password": "registration.people.accounts.forms.SetPasswordForm",
    "signup": "registration.people.accounts.forms.SignupForm",
}
# Here only what those who are signed in do. Everything else is limited in registration.people.accounts.log_in_limits and slowed in
# log_ins.slow_down: there strangers of one's own network keep nobody out.
ACCOUNT_RATE_LIMITS = dict.fromkeys(
    [
        *("login", "login_failed", "reauthenticate", "request_login_code", "confirm_email"),
        *("reset_password", "reset_password_from_key", "signup"),
    ],
    "",
) | {
    "manage_email": "10/10m/user",
    "change_password": "10/10m/user",
}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600  # seconds; the mail names it
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
# The second step of a log-in (registration.people.accounts.second_factor).
MFA_ADAPTER = "registration.people.accounts.second_factor.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    name: f"registration.people.accounts.second_factor.forms.{form}"
    for name, form in [
        ("activate_totp", "AppForm"),
        ("add_webauthn", "PasskeyForm"),
        ("authenticate", "CodeForm"),
        ("authenticate_webauthn", "PasskeyAnswerForm"),
        ("edit_webauthn", "PasskeyNameForm"),
        ("login_webauthn", "PasskeyLoginForm"),
        ("reauthenticate", "CodeAgainForm"),
        ("reauthenticate_webauthn", "PasskeyAgainForm"),
    ]
}
MFA_RATE_LIMITS = {"webauthn_login": ""}  # nothing can be guessed here
# Accounts of the staff's organisation (registration.people.accounts.staff_login): connected by their owners, never made or found by an e-mail.
SOCIALACCOUNT_ADAPTER = "registration.people.accounts.staff_login.adapter.StaffLogInAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 3  # seconds: who waits for the organisation's server holds a thread of ours
