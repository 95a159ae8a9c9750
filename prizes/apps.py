from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PrizesConfig(AppConfig):
    name = "prizes"
    verbose_name = _("Prizes")

    def ready(self) -> None:
        from prizes.editions.roles import grant_prizes
        from prizes.review import banner as review_banner  # noqa: F401  they register the notes of unfinished work
        from prizes.vote import banner  # noqa: F401  they register the notes of unfinished work

        post_migrate.connect(grant_prizes, sender=self, dispatch_uid="prizes.editions.roles")
