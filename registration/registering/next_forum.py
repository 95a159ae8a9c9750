"""What the next forum takes over of this app: who may register how, the doors, and the rules that hold afterwards."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.forums import hooks
from events.forums.hooks import CopiedPart, CopiedRows
from registration.models import CertificateRule, Door, Kind, Quota, RegistrationQuestion, RetentionPeriod


@hooks.next_forum()
def parts() -> tuple[CopiedPart, ...]:
    """Questions that are retired, and doors of single sessions, stay behind."""
    asked = CopiedRows(RegistrationQuestion, only=Q(retired=None))
    return (
        CopiedPart(
            "kinds", 3, _("Kinds of registration, quotas and questions"), (CopiedRows(Kind), CopiedRows(Quota), asked)
        ),
        CopiedPart("doors", 4, _("Doors"), (CopiedRows(Door),)),
        CopiedPart(
            "rules",
            5,
            _("Rules for certificates, and how long data are kept"),
            (CopiedRows(CertificateRule), CopiedRows(RetentionPeriod)),
        ),
    )
