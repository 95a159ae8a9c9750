from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrizesConfig(AppConfig):
    name = "prizes"
    verbose_name = _("Prizes")

    def ready(self) -> None:
        # What this app hangs on events.shared.hooks, and adds to what takes two people.
        from prizes import mail_groups, personal_data  # noqa: F401
        from prizes.editions import log, next_forum, phases, roles  # noqa: F401
        from prizes.fair_play import close_edition, quarantines  # noqa: F401
        from prizes.nominations import nomination_mails, states  # noqa: F401
        from prizes.outcome_document import versions  # noqa: F401
        from prizes.results import announcements, certificates, result_mails  # noqa: F401
        from prizes.review import leaderboard, review_mails, worklist  # noqa: F401
        from prizes.vote import ballot_mails, voter_traces  # noqa: F401
        from prizes.vote import banner as ballot_banner  # noqa: F401
