"""How often an address is asked by mail: as a speaker or as an editor, for whatever proposal or session, by whomever.

Nobody is refused for it: what is too much for a day waits in the outbox, where it is dropped if nobody wants it any more
(`events.proposals.still_wanted`). Two who ask in the same moment may take the same turn: the limit is about five.
"""

from datetime import datetime, timedelta

from events.models import Message

INVITED, EDITOR = "speaker-invited", "proposal-editor"
THAT_INVITE = (INVITED, EDITOR)
MOST_A_DAY = 5
DAY = timedelta(days=1)


def turn(to: str, *, now: datetime) -> datetime:
    """The moment from which a mail that asks may go to an address: now, or a day after the fifth last that asks."""
    gone = [Message.State.CANCELLED, Message.State.FAILED]
    rows = Message.objects.filter(kind__in=THAT_INVITE, to=to, due__gt=now - DAY).exclude(state__in=gone)
    fifth = rows.order_by("-due").values_list("due", flat=True)[MOST_A_DAY - 1 : MOST_A_DAY]
    return fifth[0] + DAY if fifth else now
