"""Every sweep: a poisoned row before ten good ones. The ten are done, the poisoned one is told on the Overview and tried again."""

import ast
import importlib
import inspect
from datetime import timedelta

import pytest

from config.beat_schedule import SWEEPS
from config.dashboard import todo_list
from config.running.monitoring import status_page
from events.models import FailedRow, Forum
from events.shared.jobs.sweeps import KNOWN, PARTS
from tests.events.shared.jobs.worlds import ALL, OTHERS, TABLE
from tests.factories import ForumFactory, boss

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
OFTEN = {"mailings", "reminders", "erasures", "votes"}  # the others are asked at night


def told(now):
    """What the Overview says, of all forums that failed rows are of."""
    by = boss()
    forum = Forum.objects.filter(pk__in=FailedRow.objects.values("forum")).first() or ForumFactory()
    asked = todo_list.Asked(forum, by, now)
    lines = [todo.number for todo in todo_list._failed_rows(asked)]
    return lines, len(status_page.failed(by, now=now))


@pytest.mark.parametrize(
    ("sweep", "make"),
    [
        pytest.param(sweep, make, id=f"{sweep}-{make.__name__}", marks=() if sweep in OFTEN else pytest.mark.whole)
        for _call, sweep, make in TABLE
    ],
)
def test_poisoned_row_stops_no_other_is_told_and_tried_again(sweep, make, request):
    world = make(*(request.getfixturevalue(name) for name in inspect.signature(make).parameters))
    before = world.done()
    assert before == 0

    with world.poison():
        world.run(world.now)
        row = FailedRow.objects.get()
        first = world.done(), told(world.now), row.attempts
        world.run(world.now + MINUTE / 2)
        row.refresh_from_db()
        resting = row.attempts
        world.run(world.now + MINUTE)
        row.refresh_from_db()
        again = world.done(), row.attempts
    world.run(world.now + 10 * MINUTE)

    assert first == (ALL - 1, ([1], 1), 1)
    assert (row.sweep, resting, again) == (sweep, 1, (ALL - 1, 2))
    assert (world.done(), FailedRow.objects.exists()) == (ALL, False)


# --- no sweep without a world -----------------------------------------------------------------------
def called(path):
    """What a task calls of our modules: by itself, or in turn."""
    module, name = path.rsplit(".", 1)
    found = inspect.unwrap(getattr(importlib.import_module(module), name).run)
    tree = ast.parse(inspect.getsource(found).lstrip())
    parts = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    calls = {f"{node.value.id}.{node.attr}" for node in parts}
    return {one for one in calls if one not in {"timezone.now", "Queue.ACCOUNT", "Message.Queue", "shared_task"}}


def test_every_part_of_every_task_has_its_world():
    parts = {one for _name, path, *_times in SWEEPS for one in called(path)}

    assert parts == {call for call, *_rest in TABLE} | OTHERS.keys()
    assert {sweep for _call, sweep, _make in TABLE} | {PARTS.name} == KNOWN.keys()
    assert all(not str(sweep.words).startswith("<") for sweep in KNOWN.values())
