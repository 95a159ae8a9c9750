"""Whether the public may stop seeing a forum."""

from datetime import datetime

from django.core.exceptions import ValidationError

from events import hooks
from events.models import Forum


def check_hiding(forum: Forum, *, now: datetime) -> None:
    """Refuse (`stays-public`) to hide a forum on whose pages something goes on that people rely on, such as a vote."""
    for reason in (function(forum, now) for function in hooks.forum_stays_public.of()):
        if reason:
            raise ValidationError(reason, code="stays-public")
