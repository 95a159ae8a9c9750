"""The note to the owner of an incomplete ballot, first on every page of the site while the vote is open."""

from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse

from events import hooks
from events.models import Forum, User
from events.prepared_queries import Prepared, slot
from prizes.editions import public_edition
from prizes.models import Ballot, Phase
from prizes.vote import ballot_page, ballot_paper

_BEGUN = Prepared(
    lambda: (
        Ballot.objects.filter(user=slot("user", int), edition__forum=slot("forum", int))
        .unfinished_at(slot("now", datetime))
        .values_list("pk", flat=True)
    )
)


@hooks.banner()
def incomplete_ballot(user: User, forum: Forum, page: str, now: datetime) -> str:
    """What a begun ballot misses; "" for a complete one, and on the ballot's own pages, which say it themselves.

    No query while no vote is open, and one where there is nothing to say.
    """
    if not public_edition.is_open(Phase.Kind.VOTING, forum=forum, now=now):
        return ""
    begun = _BEGUN.first(user=user.pk, forum=forum.pk, now=now)
    if begun is None or page.startswith(reverse("prizes:ballot", args=[forum.slug])):
        return ""
    paper = ballot_paper.of(forum.slug)
    sheet = ballot_page.sheet(paper, user=user)
    context = {
        "forum": forum,
        "edition": paper.edition,
        "timeline": public_edition.Timeline(paper.edition, now),
        "missing": len(sheet.missing),
        "needed": sheet.needed,
    }
    return render_to_string("prizes/vote/note.html", context)
