"""The verbs of the history with their labels. Each app registers its own: what is not registered cannot be written."""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_labels: dict[str, str | Promise] = {}


def register[Verbs: type[TextChoices]](verbs: Verbs) -> Verbs:
    """Make the verbs of an app known (a decorator). Each has one meaning in all apps: raises ValueError for one twice."""
    for verb in verbs:
        if verb.value in _labels:
            raise ValueError(f"the history has the verb {verb.value!r} already")
        _labels[verb.value] = verb.label
    return verbs


def is_known(verb: str) -> bool:
    return verb in _labels


def label(verb: str) -> str:
    """The words for a verb, such as “moved a session”; one that no app has any more as it is."""
    return str(_labels.get(verb, verb))


def choices() -> list[tuple[str, str]]:
    """All verbs with their words, in the order of the words."""
    return sorted(((verb, label(verb)) for verb in _labels), key=lambda pair: pair[1])


@register
class Verb(TextChoices):
    """What is done with the forum, its programme, its proposals and its mails."""

    # in the organisers' pages, with any row
    ADD = "add", _("added")
    CHANGE = "change", _("changed")
    DELETE = "delete", _("deleted")
    # the draft of the timetable, and what becomes of it
    MOVE_SESSION = "move-session", _("moved a session in the draft")
    UNSCHEDULE_SESSION = "unschedule-session", _("took a session off the draft")
    SCHEDULE_SESSION = "schedule-session", _("put a session on the draft")
    CANCEL_SESSION = "cancel-session", _("cancelled a session in the draft")
    RESTORE_SESSION = "restore-session", _("took back a cancellation in the draft")
    RELEASE = "release", _("released the programme")
    CANCEL_AT_ONCE = "cancel-at-once", _("cancelled a session at once")
    IMPORT_PROGRAMME = "import-programme", _("brought in a programme")
    IMPORT_TABLE = "import-table", _("brought in a table")
    # mails
    QUEUE_MAIL = "queue-mail", _("let a mail go")
    RETRY_MAIL = "retry-mail", _("sent a mail again")
    CANCEL_MAIL = "cancel-mail", _("took a mail back")
    EDIT_MAIL = "edit-mail", _("edited a mail")
