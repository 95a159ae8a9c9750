"""Addresses of accounts where allauth's own pages are not enough; they stand before those."""

from django.urls import path

from registration.people.accounts.second_factor.views import RemovePasskey
from registration.people.accounts.staff_login import views as staff_login
from registration.people.accounts.views import ReauthenticateByMail, change_password, log_in_by_link, set_password

urlpatterns = [
    path("login/link/<str:token>/", log_in_by_link, name="account_log_in_by_link"),
    path("reauthenticate/mail/", ReauthenticateByMail.as_view(), name="account_reauthenticate_by_mail"),
    path("login/organisation/", staff_login.log_in, name="account_login_by_organisation"),
    path("organisation/", staff_login.organisation, name="account_organisation"),
    path("password/change/", change_password, name="account_change_password"),
    path("password/set/", set_password, name="account_set_password"),
    path("2fa/webauthn/keys/<int:pk>/remove/", RemovePasskey.as_view(), name="mfa_remove_webauthn"),
]
