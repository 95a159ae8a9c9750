"""How far the list of participants of a forum is: whether people are asked, and whether the public reads it."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.models.reference import ListOfParticipants
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.pages import revision


@transaction.atomic
def set_state(forum: Forum, *, state: str, by: User, now: datetime) -> Forum:
    """Set how far the list is (`ListOfParticipants`). Refuses `wrong-state` where it is so already."""
    row = Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    before = row.list_of_participants
    if before == state:
        raise ValidationError({"state": ValidationError(_("The list is so already"), code="wrong-state")})
    row.list_of_participants = state
    row.list_published = now if state in {ListOfParticipants.PROVISIONAL, ListOfParticipants.FINAL} else None
    row.save(update_fields=["list_of_participants", "list_published"])
    change = {"before": {"list_of_participants": before}, "after": {"list_of_participants": state}}
    log.record(row, verb=Verb.CHANGE, by=by, now=now, **change)
    revision.bump()
    return row
