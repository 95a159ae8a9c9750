from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "registration"
    label = "registration"
    verbose_name = _("People")

    def ready(self) -> None:
        from registration.accounts.roles import grant_registration
        from registration.agenda import change_mails, reminders  # noqa: F401  they register what is asked again at send time

        post_migrate.connect(grant_registration, sender=self, dispatch_uid="registration.accounts.roles")
