from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "registration"
    label = "registration"
    verbose_name = _("People")

    def ready(self) -> None:
        from registration import release_notices, reminders  # noqa: F401  they register what is asked again at send time
        from registration.groups import grant_registration

        post_migrate.connect(grant_registration, sender=self, dispatch_uid="registration.groups")
