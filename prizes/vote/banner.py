"""The note to the owner of an incomplete ballot, first on every page of the site while the vote is open."""

from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse

from events import hooks
from events.models import Forum, User
from prizes.editions import public_edition
from prizes.models import Ballot
from prizes.vote import ballot_page, ballot_paper


@hooks.banner()
def incomplete_ballot(user: User, forum: Forum, page: str, now: datetime) -> str:
    """What a begun ballot misses; "" for a complete one, and on the ballot's own pages, which say it themselves.

    One query where there is nothing to say.
    """
    begun = Ballot.objects.of(user).unfinished_at(now).filter(edition__forum=forum)
    if page.startswith(reverse("prizes:ballot", args=[forum.slug])) or not begun.exists():
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
