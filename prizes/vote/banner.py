"""The note to the owner of an incomplete ballot, first on every page of the site while the vote is open."""

from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse

from events import hooks
from events.models import Forum, User
from prizes.editions import public_edition
from prizes.vote import ballot_page, cast_vote


@hooks.banner()
def incomplete_ballot(user: User, forum: Forum, page: str, now: datetime) -> str:
    """What a begun ballot misses; "" for a complete one, and on the ballot's own pages, which say it themselves.

    One query where there is nothing to say.
    """
    ballot = ballot_page.incomplete(user, forum_id=forum.pk, now=now)
    if ballot is None or page.startswith(reverse("prizes:ballot", args=[forum.slug])):
        return ""
    places = cast_vote.standing(ballot.edition, ballot=ballot)
    missing = [place.number for place in places if place.is_missing]
    context = {
        "forum": forum,
        "edition": ballot.edition,
        "course": public_edition.course(ballot.edition, now=now),
        "missing": len(missing),
        "needed": len(missing) + ballot.chosen,
    }
    return render_to_string("prizes/vote/note.html", context)
