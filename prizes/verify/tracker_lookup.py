"""Look up one's own votes in the public bundle, as `recount.py --secret` does: by the secret, or by one tracker."""

import json
import logging
import zipfile
import zlib
from itertools import dropwhile
from typing import Literal, NotRequired, TypedDict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from events.shared.formatting import codes
from prizes.chain import commitments
from prizes.models import Count, Quarantine
from prizes.verify import recount

log = logging.getLogger(__name__)

LONGEST = 100  # characters that are looked at


class TrackedVote(TypedDict):
    """What became of a vote: its category and the state."""

    number: int
    category: str  # its title
    state: Literal["counted", "set-aside", "missing"]
    title: NotRequired[str]  # of the nominee, where it is counted
    reason: NotRequired[str]  # where it is set aside: the published kind of the quarantine, in the page's language


def find(count: Count, *, text: str) -> list[TrackedVote]:
    """Say what became of the votes of a secret, or of the one vote of a tracker, in order of the categories.

    Refuses `not-a-receipt` for a text that is neither a secret (20 characters) nor a tracker with its category in front
    (05-ABCD-EFGH-JKMN-PQRS), or whose category the edition does not have; `bundle-unreadable` where the file is lost
    or damaged. Reads a few megabytes for each category.
    """
    try:
        with count.bundle.open("rb") as file, zipfile.ZipFile(file) as bundle:
            return _find(bundle, text=text)
    except (OSError, zipfile.BadZipFile, zlib.error, recount.Disagreement) as error:
        log.exception("the bundle of count %s cannot be read", count.pk)
        raise ValidationError(
            _("The published bundle cannot be read at this moment. Try again later"), code="bundle-unreadable"
        ) from error


def _find(bundle: zipfile.ZipFile, *, text: str) -> list[TrackedVote]:
    rules = json.loads(bundle.read("rules.json"))
    categories = {category["number"]: category["title"] for category in rules["categories"]}
    titles = {nominee["code"]: nominee["title"] for nominee in rules["nominees"]}
    wanted = _wanted(text, edition=rules["edition"], numbers=list(categories))
    found = {number: TrackedVote(number=number, category=categories[number], state="missing") for number in wanted}
    for number, tracker in wanted.items():
        if code := _choice(bundle, number=number, tracker=tracker):
            found[number] |= {"state": "counted", "title": titles.get(code, code)}
    kinds = dict(Quarantine.Kind.choices)
    for category, tracker, reason, _commitment in recount.table(bundle, "quarantined.csv", recount.SET_ASIDE):
        number = int(category)
        if wanted.get(number) == tracker:
            found[number] |= {"state": "set-aside", "reason": str(kinds.get(reason, reason))}
    return list(found.values())


def _choice(bundle: zipfile.ZipFile, *, number: int, tracker: str) -> str:
    """The code of the nominee that a counted vote is for; "" where there is none. The rows are sorted by tracker."""
    votes = recount.table(bundle, f"votes/{number:02}.csv", "tracker,nominee,nonce")
    listed, nominee, _nonce = next(dropwhile(lambda row: row[0] < tracker, votes), ("", "", ""))
    return nominee if listed == tracker else ""


def _wanted(text: str, *, edition: str, numbers: list[int]) -> dict[int, str]:
    signs = codes.normal(text[:LONGEST])
    if signs and set(signs) <= set(commitments.SIGNS):
        if len(signs) == commitments.SECRET_SIGNS:
            return {number: commitments.tracker(signs, edition=edition, number=number) for number in numbers}
        category, tracker = signs[: -commitments.TRACKER_SIGNS], signs[-commitments.TRACKER_SIGNS :]
        if category.isdigit() and int(category) in numbers:
            return {int(category): tracker}
    raise ValidationError(
        _("Enter the secret of your receipt, 20 characters, or a tracker with its category in front"),
        code="not-a-receipt",
    )
