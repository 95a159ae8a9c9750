"""Reports that are late: the hosts of a session get one mail, `Call.outcome_days` after its end.

What is due is a question to the rows at this moment; the mail's key exists once, so two sweeps write it once.
"""

from datetime import datetime, timedelta

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy

from events.models import Call, HostedSession, Session
from events.models.outcome import has_reported
from events.proposals.hosting import host_mails
from events.shared.jobs.sweeps import Sweep
from events.shared.mail import outbox

OUTCOMES = Sweep("late-outcomes", gettext_lazy("Mails to hosts whose report is late"))
OLD = timedelta(days=60)  # after this nobody is reminded: a forum loaded with its past writes to nobody
MOST = 500  # in one sweep; the next one takes the rest


def remind(now: datetime) -> int:
    """Write a mail to each host whose session ended `outcome_days` ago or before, without a report, an outcome or a mail to
    them; return how many."""
    due: list[HostedSession] = []
    for call in Call.objects.filter(forum__is_public=True, forum__archived=None):
        hosts = HostedSession.objects.filter(
            session__forum=call.forum_id,
            session__state=Session.State.SCHEDULED,
            session__is_sample=False,
            session__ends__lte=now - timedelta(days=call.outcome_days),
            session__ends__gt=now - OLD,
            user__is_active=True,
        ).exclude(has_reported("session"))
        both = Concat(Cast("session_id", CharField()), Value(":"), Cast("user_id", CharField()))
        unasked = outbox.without_mail(hosts.annotate(both=both), before=f"{host_mails.LATE}:", name="both")
        due += unasked.select_related("user", "session__forum").order_by("pk")[:MOST]
    return len(
        OUTCOMES.each(
            due,
            lambda host: host_mails.write_late(host, session=host.session, now=now),
            now=now,
            forum=lambda host: host.session.forum_id,
        )
    )
