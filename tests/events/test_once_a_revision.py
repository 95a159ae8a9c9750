from config.finished_pages import FinishedPages
from events.shared import once_a_revision as memory
from events.shared.pages import revision


def test_what_is_public_is_asked_for_once_a_revision_where_somebody_looks_at_it(monkeypatch):
    asked = []

    @memory.once_a_revision
    def square(number):
        asked.append(number)
        return number * number

    monkeypatch.setattr(memory, "_kept", None)
    assert [square(2), square(2)] == [4, 4]
    assert asked == [2, 2]  # nobody looks

    for _revision in range(2):
        memory.keep_anew(is_watched=True)
        assert [square(2), square(2), square(3)] == [4, 4, 9]
    memory.keep_anew(is_watched=False)
    square(2)

    assert asked == [2, 2, *[2, 3] * 2, 2]


def test_what_is_kept_has_a_limit(monkeypatch):
    monkeypatch.setattr(memory, "_kept", {})
    monkeypatch.setattr(memory, "MOST_KEPT", 2)
    double = memory.once_a_revision(lambda number: 2 * number)

    assert [double(number) for number in range(5)] == [0, 2, 4, 6, 8]
    assert len(memory._kept) == 2


def test_it_is_forgotten_before_the_next_revision_is_known(db, monkeypatch):
    """Else a page of the new revision could be made of what was kept of the old one, and stay."""
    pages, known = FinishedPages(lambda _environ, _start: []), []
    monkeypatch.setattr("config.finished_pages.close_old_connections", lambda: None)  # that of the test stays open
    monkeypatch.setattr(memory, "_kept", None)  # what the first look sets is undone with the test
    pages._look()
    monkeypatch.setattr(
        "config.finished_pages.keep_anew", lambda *, is_watched: known.append((is_watched, pages._revision))
    )
    revision.bump()

    for _look in range(2):
        pages.looked = float("-inf")
        pages._look()

    assert (known, pages._revision) == ([(True, 0)], 1)
