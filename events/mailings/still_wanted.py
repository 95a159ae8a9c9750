"""Which mails of a mailing still go, asked just before each goes. The list of receivers is fixed when it is sent: nobody joins it, and
who has left since then gets nothing."""

from collections.abc import Sequence
from datetime import datetime

from events.mailings import groups
from events.models import Mailing, Message, User
from events.shared.mail import hooks


@hooks.unwanted(Mailing.Kind.NEWS)
@hooks.unwanted(Mailing.Kind.OWN)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """The mailing was stopped, the account is closed, or the person is in none of its groups any more."""
    accounts = User.objects.filter(pk__in={one.user_id for one in messages if one.user_id}, is_active=False)
    closed = set(accounts.values_list("pk", flat=True))
    gone: set[int] = set()
    for mailing in Mailing.objects.select_related("forum").filter(pk__in={one.about for one in messages}):
        rows = [one for one in messages if one.about == mailing.pk]
        if mailing.state == Mailing.State.STOPPED:
            gone.update(one.pk for one in rows)
            continue
        _say([one for one in rows if one.user_id in closed], Message.Reason.ERASED)
        _say(_left([one for one in rows if not one.left_out], mailing=mailing, now=now), Message.Reason.LEFT)
        gone.update(one.pk for one in rows if one.left_out)
    return gone


def _say(messages: Sequence[Message], reason: str) -> None:
    for one in messages:
        one.left_out = reason


def _left(messages: Sequence[Message], *, mailing: Mailing, now: datetime) -> list[Message]:
    """Those whose people are in none of the groups that were chosen. Nobody where a group cannot be asked any more, such as that of
    a session which is gone. A query for each group, and more only for those who are not found by their account."""
    rows = [one for one in groups.chosen(mailing.groups, forum=mailing.forum) if not one.is_excluded]
    if len(rows) < sum(not one.get("is_excluded") for one in mailing.groups) or not all(
        one.form.is_valid() for one in rows
    ):
        return []
    rest = list(messages)
    for one in rows:
        people = one.people(mailing.forum, now=now)
        found = people.filter(receiver__in=[mail.user_id for mail in rest if mail.user_id])
        known = set(found.values_list("receiver", flat=True))
        rest = [mail for mail in rest if mail.user_id not in known]
    for one in rows if rest else ():
        loose = groups.with_accounts(one.people(mailing.forum, now=now).filter(receiver=None))
        known, addresses = {row[0] for row in loose if row[0]}, {(row[1] or "").lower() for row in loose}
        rest = [mail for mail in rest if mail.user_id not in known and mail.to.lower() not in addresses]
    return rest
