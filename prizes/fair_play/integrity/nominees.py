"""What concerns nominees: the share of their votes from one country, stakeholder type or organisation. After the close only.

The ballots behind a share are not shown to anybody: they would be ballots with their choices. Small numbers are left
out for the same reason.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Count, F, FilteredRelation, Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Country, User
from events.models.reference import StakeholderType
from events.shared.formatting.names import term
from prizes.models import Edition, Nomination, Trace, Vote
from prizes.vote import network_key, voter_traces
from registration.models import Registration

LEAST_VOTES = 20  # from the one country or organisation
LEAST_PERCENT = 50


class NomineeDimension(TextChoices):
    COUNTRY = "country", gettext_lazy("Country")
    STAKEHOLDER_TYPE = "stakeholder-type", gettext_lazy("Stakeholder type")
    ORGANISATION = "organisation", gettext_lazy("Organisation")


VALUES = {
    NomineeDimension.COUNTRY: F("ballot__country"),
    NomineeDimension.STAKEHOLDER_TYPE: F("ballot__stakeholder_type"),
    NomineeDimension.ORGANISATION: F("organisation__digest"),  # as it was when the ballot began
}


@dataclass(frozen=True)
class Share:
    """`votes` of the `total` valid votes of a nominee come from voters of one `value`."""

    nominee: Nomination
    value: str
    votes: int
    total: int

    @property
    def percent(self) -> int:
        return round(100 * self.votes / self.total)


def may_see(user: User, *, edition: Edition) -> bool:
    """Not before the close, for nobody; then those who see results before their announcement."""
    return edition.polls_sealed is not None and user.has_perm("prizes.view_result", edition)


def shares(edition: Edition, *, dimension: str) -> list[Share]:
    """Of each nominee with at least half of its votes, and twenty, from one value of `dimension`: that share.

    The largest share first; one row for each nominee, or two of one half each. Refuses `polls-open` before the polls are sealed.
    """
    if edition.polls_sealed is None:
        raise ValidationError(_("What concerns nominees is shown after the close"), code="polls-open")
    organisation = FilteredRelation("ballot__traces", condition=Q(ballot__traces__kind=Trace.Kind.ORGANISATION))
    # As `Ballot.objects.valid()` says, in one join.
    valid = Vote.objects.filter(ballot__edition=edition, ballot__is_complete=True, ballot__is_quarantined=False)
    totals = dict(valid.values_list("nominee").annotate(votes=Count("pk")))
    # Of the many cells only those over the least number come to Python.
    cells = valid.annotate(organisation=organisation, value=VALUES[NomineeDimension(dimension)]).values_list(
        "nominee", "value"
    )
    counted = cells.exclude(value="").exclude(value=None).annotate(votes=Count("pk")).filter(votes__gte=LEAST_VOTES)
    rows = [row for row in counted if row[2] * 100 >= totals[row[0]] * LEAST_PERCENT]
    rows.sort(key=lambda row: (-row[2] / totals[row[0]], row[0], row[1]))
    nominees = Nomination.objects.select_related("category").in_bulk([row[0] for row in rows])
    name: dict[str, str] = {}
    if dimension == NomineeDimension.COUNTRY:
        name = {country.pk: term(country) for country in Country.objects.all()}
    elif dimension == NomineeDimension.STAKEHOLDER_TYPE:
        name = {value: str(label) for value, label in StakeholderType.choices}
    elif rows:
        name = _organisations(edition, {row[1] for row in rows})
    return [
        Share(nominee=nominees[pk], value=name.get(value, value), votes=votes, total=totals[pk])
        for pk, value, votes in rows
    ]


def _organisations(edition: Edition, digests: set[str]) -> dict[str, str]:
    """What organisations are called, by the hash that ballots keep of them; a number where nobody is registered with one any more."""
    name = {digest: _("Organisation %(n)s") % {"n": place} for place, digest in enumerate(sorted(digests), start=1)}
    if key := network_key.key(edition):
        typed = Registration.objects.filter(forum=edition.forum_id).order_by().values_list("organisation", flat=True)
        for text in typed.distinct():
            digest = voter_traces.trace(key, kind=Trace.Kind.ORGANISATION, text=text)
            if digest in name:
                name[digest] = text.strip().lower()
    return name
