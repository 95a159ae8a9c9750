"""Ballots that were begun in a burst, and ballots filled faster than a person can read."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import TruncMinute
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events.shared.formatting import times
from prizes.fair_play.integrity.findings import BallotGroup, Finding
from prizes.models import Ballot, Edition

BURST = timedelta(minutes=10)
BURST_TIMES = 5  # a burst has so many times the ballots of the median stretch …
BURST_LEAST = 20  # … and so many at the least

# Seconds for one choice on average: opening a page, reading the titles of up to twenty projects, choosing one.
FAST_LIMITS = (0.5, 1, 2)
FAST_LEAST = 5  # choices: below, the average says little


class Bursts(Finding):
    """Stretches of ten minutes in which far more ballots were begun than in the median one. A group's key is the number
    of its stretch since 1970."""

    slug, title = "bursts", _("Bursts")
    words = _(
        "Ten minutes in which at least %(least)s ballots were begun, and %(times)s times as many as in the median "
        "ten minutes with ballots. A newsletter or a lecture looks the same."
    )
    figures = {"least": BURST_LEAST, "times": BURST_TIMES}

    def groups(self, edition: Edition) -> list[BallotGroup]:
        begun = Ballot.objects.filter(edition=edition, began__isnull=False).order_by()
        minutes = begun.annotate(minute=TruncMinute("began", tzinfo=UTC)).values("minute").annotate(number=Count("pk"))
        found: Counter[int] = Counter()
        for row in minutes:
            found[int(row["minute"].timestamp() // BURST.total_seconds())] += row["number"]
        limit = max(BURST_LEAST, BURST_TIMES * median(found.values())) if found else 0
        bursts = sorted((-number, key) for key, number in found.items() if number >= limit)
        named = []
        for number, key in bursts:
            moment = times.deadline(self._starts(key), zone=edition.zone, forum=edition.forum)
            named.append(BallotGroup(key, gettext("Ten minutes from %(moment)s") % {"moment": moment}, -number))
        return named

    @staticmethod
    def _starts(key: int) -> datetime:
        return datetime.fromtimestamp(key * BURST.total_seconds(), UTC)

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        starts = self._starts(key)
        return Ballot.objects.filter(edition=edition, began__gte=starts, began__lt=starts + BURST).order_by("pk")


class Fast(Finding):
    """Ballots whose choices followed each other faster than a person can read and choose. A group's key is its limit's place."""

    slug, title = "fast", _("Filled faster than a person can read")
    words = _(
        "Ballots of %(least)s choices or more whose choices followed each other within %(limit)s seconds on average. "
        "A script does that, or a person who had chosen before."
    )
    figures = {"least": FAST_LEAST, "limit": FAST_LIMITS[-1]}

    def groups(self, edition: Edition) -> list[BallotGroup]:
        numbers = [self.ballots(edition, key).count() for key in range(len(FAST_LIMITS))]
        return [BallotGroup(key, self._label(key), number) for key, number in enumerate(numbers) if number]

    @staticmethod
    def _label(key: int) -> str:
        limits = (0, *FAST_LIMITS)
        return gettext("%(least)s to %(most)s seconds a choice") % {"least": limits[key], "most": limits[key + 1]}

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        """From the limit before (inclusive) to this one. The first choice takes no time, so there is one step fewer."""
        filled = Ballot.objects.filter(edition=edition, chosen__gte=FAST_LEAST)
        found = filled.filter(last_choice__lt=self._end(FAST_LIMITS[key]))
        return (found.filter(last_choice__gte=self._end(FAST_LIMITS[key - 1])) if key else found).order_by("pk")

    @staticmethod
    def _end(limit: float) -> ExpressionWrapper:
        """The moment of a ballot's last choice, had each step taken `limit` seconds."""
        spent = ExpressionWrapper((F("chosen") - 1) * Value(timedelta(seconds=limit)), output_field=DurationField())
        return F("first_choice") + spent  # type: ignore[return-value]
