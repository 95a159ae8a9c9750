"""What waits in the open consultation of a forum, for the organisers' first page: each line for those who may do it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import ngettext

from events.mail import outbox
from events.models import Forum, Message, Outcome, Proposal

# Sentence and address.
type Line = tuple[str, str]


def waiting(forum: Forum, *, user: Any) -> Iterator[Line]:
    """What waits for a person: decisions, their points, drafts of decisions, outcomes. A query for each at the most."""
    proposals = Proposal.objects.filter(forum=forum)
    if user.has_perm("events.decide_proposal"):
        number = proposals.to_decide(user).count()
        words = ngettext("%(n)s proposal waits for a decision", "%(n)s proposals wait for a decision", number)
        yield from _line(words, number, page="proposal", forum=forum, mine="decide")
    if user.has_perm("events.score_proposal"):
        number = proposals.to_score(user).count()
        words = ngettext("%(n)s proposal waits for your points", "%(n)s proposals wait for your points", number)
        yield from _line(words, number, page="proposal", forum=forum, mine="no")
    if user.has_perm("events.decide_proposal") and not user.has_perm("events.view_message"):
        drafts = Message.objects.filter(forum=forum, state=Message.State.DRAFT)
        number = outbox.readable(drafts, user=user, is_all=False).count()
        words = ngettext("%(n)s draft mail to check", "%(n)s draft mails to check", number)
        yield from _line(words, number, page="message", forum=forum, state__exact=Message.State.DRAFT)
    if user.has_perm("events.change_outcome"):
        number = Outcome.objects.filter(forum=forum, is_public=False).count()
        words = ngettext("%(n)s outcome is not published yet", "%(n)s outcomes are not published yet", number)
        yield from _line(words, number, page="outcome", forum=forum, is_public__exact="0")


def _line(words: str, number: int, *, page: str, forum: Forum, **filters: str) -> Iterator[Line]:
    if number:
        query = urlencode({"forum__id__exact": forum.pk, **filters})
        yield words % {"n": number_format(number)}, f"{reverse(f'admin:events_{page}_changelist')}?{query}"
