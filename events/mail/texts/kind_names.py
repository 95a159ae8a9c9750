"""What mails of a kind are called in the outbox."""

from django.utils.translation import gettext_lazy as _

from events.mail import refused_kinds
from events.mail.texts.originals import ORIGINALS
from events.models import Mailing

OTHERS = {"account": _("Log-in codes and links"), "mailing-test": _("Test of a message to people")}


def name_of(kind: str) -> str:
    """The name of a kind in the active language: that of its words, else that under which people choose it; the kind itself
    where it has none."""
    if kind in ORIGINALS:
        return str(ORIGINALS[kind].name)
    if kind in Mailing.Kind:
        return str(Mailing.Kind(kind).label)
    chosen = (one.name for one in refused_kinds.kinds() if kind in one.kinds)
    return str(OTHERS.get(kind) or next(chosen, kind))
