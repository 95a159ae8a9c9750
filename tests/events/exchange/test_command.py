"""`manage.py import_schedule`: what it says, what it refuses, and that it does no more than it says."""

import pytest
from django.core.management.base import CommandError

from events.models import Forum, Placement, Session
from tests.events.exchange.imports import CONGRESS, FILE, bring_in, run
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_command_says_what_it_would_do_and_does_it(tmp_path):
    rows = "".join(f"Talk {n},2020-06-23 10:00,11:00,Hall,Ada\n" for n in range(25))
    file = tmp_path / "a.csv"
    file.write_text(f"title,starts,ends,room,speakers\n{rows}Bad,2020-06-23 10:00,10:00,,\n")

    dry = run(str(FILE), forum="congress", dry_run=True)
    first = run(str(FILE), forum="congress")
    again = run(str(FILE), forum="congress", release=True)
    clashing = run(str(file), forum="new", release=True)

    assert "Would bring in: 3 new, 0 changed, 0 the same, 0 not used." in dry
    assert dry.endswith("Nothing was changed.\n")
    assert "new: event 6264, line 24: Late show" in first
    assert first.endswith("(or run this with --release).\n")
    assert "Brought in: 0 new, 0 changed, 3 the same" in again
    assert again.endswith("Released as version 1.\n")
    words = ("… and 5 more", "not used: row 27, column ends: Its duration is zero", "clash: ")
    assert [word for word in words if word not in clashing] == []


@pytest.mark.parametrize(("name", "slug", "number"), [("none.xml", "new", 1), ("a.xml", "admin", 2)])
def test_command_refuses_in_a_sentence(tmp_path, name, slug, number):
    (tmp_path / "a.xml").write_bytes(CONGRESS)

    with pytest.raises(CommandError) as refused:
        run(str(tmp_path / name), forum=slug, release=True)

    assert (len(str(refused.value).splitlines()), Forum.objects.exists()) == (number, False)


def test_command_writes_nothing_into_an_archived_forum():
    run(str(FILE), forum="congress")
    Forum.objects.update(archived=NOW)
    Session.objects.all().delete()

    with pytest.raises(CommandError, match="archived"):
        run(str(FILE), forum="congress")

    assert not Session.objects.exists()


def test_changed_file_that_would_release_clashes_says_both_sides_and_what_to_do(tmp_path):
    """As the 31c3: what came as it was had a speaker in two places. A release of a change to it is refused, in lines."""
    both = CONGRESS.replace(b"T00:15:00", b"T22:30:00").replace(b"2014-12-28T22", b"2014-12-27T22")
    both = both.replace(b"<persons></persons>", b"<persons><person id='1544'>Ada Lovelace</person></persons>")
    file = tmp_path / "changed.xml"
    file.write_bytes(both)
    assert len(bring_in(both, is_released=True).clashes) == 2
    file.write_bytes(both.replace(b"T14:00:00", b"T15:00:00").replace(b"<start>14:00", b"<start>15:00"))

    with pytest.raises(CommandError) as refused:
        run(str(file), forum="congress", release=True)

    lines = str(refused.value).splitlines()
    assert lines[:2] == [
        "Nothing was brought in.",
        "The release is refused while these clashes stand. Bring the file in without a release, solve them on the board,"
        " then release",
    ]
    assert [line.partition(":")[0] for line in lines[2:]] == ["Solve this clash first"] * 2
    person = next(line for line in lines if "Ada Lovelace" in line)
    assert ("“Opening & welcome” (27 December" in person, "“Late show” (27 December" in person) == (True, True)
    assert Placement.objects.get(session__title="Smart grids").starts.hour == 13
    assert "Brought in: 0 new, 1 changed" in run(str(file), forum="congress")
