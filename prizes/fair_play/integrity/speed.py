"""Ballots that were begun in a burst, and ballots filled faster than a person can read."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMinute
from django.utils.translation import gettext as _

from events.formatting import times
from prizes.fair_play.integrity.findings import Finding, Group
from prizes.models import Ballot, Edition

BURST = timedelta(minutes=10)
BURST_TIMES = 5  # a burst has so many times the ballots of the median stretch …
BURST_LEAST = 20  # … and so many at the least

# Seconds for one choice on average: opening a page, reading the titles of up to twenty projects, choosing one.
FAST_LIMITS = (0.5, 1, 2)
FAST_LEAST = 5  # choices: below, the average says little


def _start(moment: datetime) -> int:
    """The number of the stretch of ten minutes (since 1970) that holds a moment."""
    return int(moment.timestamp() // BURST.total_seconds())


class Bursts(Finding):
    """Stretches of ten minutes in which far more ballots were begun than in the median one."""

    slug = "bursts"

    @property
    def title(self) -> str:
        return _("Bursts")

    @property
    def explanation(self) -> str:
        return _(
            "Ten minutes in which at least %(least)s ballots were begun, and %(times)s times as many as in the median "
            "ten minutes with ballots. A newsletter or a lecture looks the same."
        ) % {"least": BURST_LEAST, "times": BURST_TIMES}

    def groups(self, edition: Edition) -> Sequence[Group]:
        found: Counter[int] = Counter()
        minutes = Ballot.objects.filter(edition=edition, began__isnull=False).order_by()
        for minute, number in (
            minutes.annotate(minute=TruncMinute("began", tzinfo=UTC))
            .values("minute")
            .annotate(number=Count("pk"))
            .values_list("minute", "number")
        ):
            found[_start(minute)] += number
        limit = max(BURST_LEAST, BURST_TIMES * median(found.values())) if found else 0
        bursts = [(key, number) for key, number in found.items() if number >= limit]
        return [
            Group(key=key, label=self._label(edition, key), ballots=number)
            for key, number in sorted(bursts, key=lambda burst: (-burst[1], burst[0]))
        ]

    def _label(self, edition: Edition, key: int) -> str:
        starts = datetime.fromtimestamp(key * BURST.total_seconds(), UTC)
        moment = times.deadline(starts, zone=edition.zone, forum=edition.forum)
        return _("Ten minutes from %(moment)s") % {"moment": moment}

    def group(self, edition: Edition, key: int) -> Group | None:
        return next((group for group in self.groups(edition) if group.key == key), None)

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        starts = datetime.fromtimestamp(key * BURST.total_seconds(), UTC)
        return Ballot.objects.filter(edition=edition, began__gte=starts, began__lt=starts + BURST).order_by("pk")


class Fast(Finding):
    """Ballots whose choices followed each other faster than a person can read and choose. A group's key is its limit's place."""

    slug = "fast"

    @property
    def title(self) -> str:
        return _("Filled faster than a person can read")

    @property
    def explanation(self) -> str:
        return _(
            "Ballots of %(least)s choices or more whose choices followed each other within %(limit)s seconds on average. "
            "A script does that, or a person who had chosen before."
        ) % {"least": FAST_LEAST, "limit": FAST_LIMITS[-1]}

    def groups(self, edition: Edition) -> Sequence[Group]:
        numbers = Ballot.objects.aggregate(
            **{f"n{key}": Count("pk", filter=Q(edition=edition) & self._within(edition, key)) for key in self._keys()}
        )
        return [self._group(key, numbers[f"n{key}"]) for key in self._keys() if numbers[f"n{key}"]]

    @staticmethod
    def _keys() -> range:
        return range(len(FAST_LIMITS))

    def _group(self, key: int, number: int) -> Group:
        least = FAST_LIMITS[key - 1] if key else 0
        label = _("%(least)s to %(most)s seconds a choice") % {"least": least, "most": FAST_LIMITS[key]}
        return Group(key=key, label=label, ballots=number)

    def _within(self, edition: Edition, key: int) -> Q:
        """Between the limit before (inclusive) and this one. The first choice takes no time, so there is one step fewer."""
        found = Q(pk__in=[])
        for chosen in range(FAST_LEAST, edition.categories.count() + 1):
            steps = chosen - 1
            within = Q(chosen=chosen, last_choice__lt=F("first_choice") + timedelta(seconds=FAST_LIMITS[key] * steps))
            if key:
                before = timedelta(seconds=FAST_LIMITS[key - 1] * steps)
                within &= Q(last_choice__gte=F("first_choice") + before)
            found |= within
        return found

    def group(self, edition: Edition, key: int) -> Group | None:
        return next((group for group in self.groups(edition) if group.key == key), None)

    def ballots(self, edition: Edition, key: int) -> QuerySet[Ballot]:
        return Ballot.objects.filter(self._within(edition, key), edition=edition).order_by("pk")
