"""The note to the owner of an incomplete ballot, first on every page of the site while the vote is open."""

from datetime import datetime

from django.db.models import Case, Value, When
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from events.models import Forum, User
from events.shared import hooks
from events.shared.formatting.names import forum_name
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows
from prizes.editions import public_edition
from prizes.models import Ballot, Phase
from prizes.vote import ballot_page, ballot_paper
from registration.accreditation import hooks as accreditation_hooks

_incomplete = Ballot.objects.filter(is_complete=False, edition__is_public=True, edition__polls_sealed=None)


@accreditation_hooks.banner()
def incomplete_ballot(user: User, forum: Forum, page: str, now: datetime) -> str:
    """What a begun ballot misses; "" for a complete one, and on the ballot's own pages, which say it themselves.

    No query while no vote is open, and one where there is nothing to say.
    """
    if not public_edition.is_open(Phase.Kind.VOTING, forum=forum, now=now):
        return ""
    begun = _incomplete.filter(user=user.pk, edition__forum=forum.pk)
    if not begun.exists() or page.startswith(reverse("prizes:ballot", args=[forum.slug])):
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


_public = Ballot.objects.filter(edition__is_public=True, edition__forum__is_public=True)
_told = Case(When(is_complete=True, then=Value("complete")), default=Value("begun"))
VOTING = role_rows(_public, key="voter", about="edition__name", forum="edition__forum", state=_told)


def _voter(row: RoleRow) -> OwnRole:
    """Whether the ballot is complete; what was chosen is nobody's business."""
    word, badge = (_("Complete"), "ok") if row.state == "complete" else (_("Incomplete"), "moved")
    url = reverse("prizes:ballot", args=[row.slug])
    return OwnRole(_("Voter"), forum_name(row.about), url, _("Open my ballot"), word, badge)


@hooks.own_roles()
def voters() -> RoleSource:
    """Those who began a ballot, for their account page."""
    return RoleSource("voter", 70, VOTING, "user", _voter)
