import re
from pathlib import Path

from prizes.editions import log, log_verbs
from prizes.review import assignments

SOURCE = Path(log_verbs.__file__).parents[1]
LITERAL = re.compile(r'\bverb\s*=\s*(?:"([\w -]+)"(?: if .* else "([\w -]+)")?)')


def written_verbs():
    """Every verb that the rules write into the log, as far as it stands in them literally."""
    found = {verb for file in SOURCE.rglob("*.py") for pair in LITERAL.findall(file.read_text()) for verb in pair}
    named = {*log.NAMING_WINNERS, *(f"assign-{method}" for method in (assignments.EVENLY, assignments.AT_RANDOM))}
    return (found | named) - {""}


def test_every_verb_of_the_log_has_words():
    found = written_verbs()

    assert {"move-phase", "resubmit-nomination", "approve release"} <= found  # the search does find them
    assert found - set(log_verbs.LABELS) == set()


def test_no_words_are_left_over():
    assert set(log_verbs.LABELS) - written_verbs() == set()


def test_unknown_verb_is_shown_as_it_is():
    assert log_verbs.label("odd-verb") == "odd-verb"
