"""What concerns nominees: the share of their votes from one country, stakeholder type or organisation. After the close only.

The ballots behind a share are not shown to anybody: they would be ballots with their choices. Small numbers are left
out for the same reason.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.formatting.names import country_name
from events.models import Country, User
from events.models.reference import StakeholderType
from prizes.models import Ballot, Edition, Nomination, Vote
from registration.models import Registration

LEAST_VOTES = 20  # from the one country or organisation
LEAST_PERCENT = 50


class Dimension(TextChoices):
    COUNTRY = "country", gettext_lazy("Country")
    STAKEHOLDER_TYPE = "stakeholder-type", gettext_lazy("Stakeholder type")
    ORGANISATION = "organisation", gettext_lazy("Organisation")


VALUES = {
    Dimension.COUNTRY: "coalesce(ballot.country_id, '')",
    Dimension.STAKEHOLDER_TYPE: "ballot.stakeholder_type",
    Dimension.ORGANISATION: "coalesce(lower(trim(person.organisation)), '')",
}
# The value of each ballot first, then the votes; of the many cells only those over the least number are kept and compared.
SHARES = """
    WITH voter AS (
        SELECT ballot.id, {value} AS value FROM {ballot} ballot
        LEFT JOIN {registration} person ON person.user_id = ballot.user_id AND person.forum_id = %s
        WHERE ballot.edition_id = %s AND ballot.is_complete AND NOT ballot.is_quarantined
    ), cell AS (
        SELECT vote.nominee_id, voter.value, count(*) AS votes
        FROM {vote} vote JOIN voter ON voter.id = vote.ballot_id WHERE voter.value <> ''
        GROUP BY vote.nominee_id, voter.value HAVING count(*) >= %s
    ), total AS (
        SELECT vote.nominee_id, count(*) AS votes
        FROM {vote} vote JOIN voter ON voter.id = vote.ballot_id GROUP BY vote.nominee_id
    )
    SELECT cell.nominee_id, cell.value, cell.votes, total.votes
    FROM cell JOIN total ON total.nominee_id = cell.nominee_id
    WHERE cell.votes * 100 >= total.votes * %s
    ORDER BY cell.votes * 1.0 / total.votes DESC, cell.nominee_id, cell.value
"""


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
    return edition.polls_sealed is not None and user.has_perm("prizes.view_result")


def shares(edition: Edition, *, dimension: str) -> list[Share]:
    """Of each nominee with at least half of its votes, and twenty, from one value of `dimension`: that share.

    The largest share first; one row for each nominee, or two of one half each. Refuses `polls-open` before the polls are sealed.
    """
    if edition.polls_sealed is None:
        raise ValidationError(_("What concerns nominees is shown after the close"), code="polls-open")
    quote = connection.ops.quote_name
    names = {model._meta.model_name or "": quote(model._meta.db_table) for model in (Ballot, Registration, Vote)}
    sql = SHARES.format(**names, value=VALUES[Dimension(dimension)])
    with connection.cursor() as cursor:
        cursor.execute(sql, [edition.forum_id, edition.pk, LEAST_VOTES, LEAST_PERCENT])
        rows = cursor.fetchall()
    nominees = Nomination.objects.select_related("category").in_bulk([row[0] for row in rows])
    name = _names(dimension)
    return [
        Share(nominee=nominees[pk], value=name.get(value, value), votes=votes, total=int(total))
        for pk, value, votes, total in rows
    ]


def _names(dimension: str) -> dict[str, str]:
    if dimension == Dimension.COUNTRY:
        return {country.pk: country_name(country) for country in Country.objects.all()}
    if dimension == Dimension.STAKEHOLDER_TYPE:
        return {value: str(label) for value, label in StakeholderType.choices}
    return {}
