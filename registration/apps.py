from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationConfig(AppConfig):
    name = "registration"
    label = "registration"
    verbose_name = _("People")

    def ready(self) -> None:
        # What this app hangs on events.shared.hooks.
        from registration import mail_groups  # noqa: F401
        from registration.accreditation import accreditation_mails  # noqa: F401
        from registration.accreditation.delegations import focal_point_mails  # noqa: F401
        from registration.accreditation.documents import letters  # noqa: F401
        from registration.door import tickets  # noqa: F401
        from registration.people.accounts import confirmation, rights_mails, roles  # noqa: F401
        from registration.people.accounts.log_ins import second_factors, sign_ins  # noqa: F401
        from registration.people.accounts.second_factor import set_up  # noqa: F401
        from registration.people.data_rights import own_rows, retention  # noqa: F401
        from registration.registering import banners, missing_speakers, next_forum  # noqa: F401
        from registration.sessions.agenda import change_mails, own_session_mails, reminders  # noqa: F401
        from registration.sessions.certificates import certificate_mails, certificate_page  # noqa: F401
        from registration.sessions.seats import fullness, seat_mails, waiting_list  # noqa: F401
