"""The verbs of the history with their labels. Each app hangs its own on `events.hooks.verbs`; no other can be written."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from events import hooks


def labels() -> dict[str, str]:
    """All verbs with their words, such as “moved a session”, in the order of the words."""
    found = {verb.value: str(verb.label) for choices in hooks.verbs.of() for verb in choices}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def is_known(verb: str) -> bool:
    """Whether an app has such a verb."""
    return any(verb in choices for choices in hooks.verbs.of())


def label(verb: str) -> str:
    """The words for a verb; one that no app has any more as it is."""
    return next((str(choices(verb).label) for choices in hooks.verbs.of() if verb in choices), verb)


@hooks.verbs()
class Verb(TextChoices):
    """What is done with the forum, and its programme."""

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
