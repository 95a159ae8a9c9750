"""The rows of an older version, taken through today's migrations on PostgreSQL: nothing is lost, everything finds its place."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, NotInTransactionMixin
from django.db import OperationalError, connections, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now, Random
from django.test import override_settings

from config.running.serving import gentle_migrations
from events.migrations._beside_writers import AddIndexBesideWriters
from events.models import FileImport, Message, PdfFile
from events.shared.mail import undelivered
from prizes.models import OutcomeDocument, Recount
from registration.models import DataCopy
from tests.config.running.serving.standing_changes import faults
from tests.waiting import until

pytestmark = pytest.mark.services
NOW = datetime(2020, 2, 3, 9, tzinfo=UTC)
# What these tests begin at: the first of them from an empty database, which takes a while, once for all.
BEFORE_THE_QUEUE = [
    ("events", "0067_rows_that_failed"),
    ("registration", "0045_published_figures"),
    ("prizes", "0016_addresses_of_voters"),
]
BEFORE_APPROVALS = [
    ("events", "0070_one_sender_of_mails"),
    ("registration", "0048_one_queue"),
    ("prizes", "0017_one_queue"),
]
BEFORE_NAMES = [("events", "0074_links_by_seeds"), ("registration", "0050_links_by_seeds")]


@contextmanager
def beside(name, *, template):
    """A database beside the one of the tests, a copy of another one."""
    with connections["default"].cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield name
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


@contextmanager
def connected(name):
    """A database as "old" in `connections`. The tables of the other tests are made from the models; those of this one not."""
    connections.databases["old"] = connections.databases["default"] | {"NAME": name}
    with override_settings(MIGRATION_MODULES={}):
        yield "old"
    connections["old"].close()
    del connections["old"], connections.databases["old"]


@pytest.fixture(scope="module")
def early(django_db_setup, django_db_blocker):
    """A database as it was before the queue."""
    with django_db_blocker.unblock(), beside(f"early_{os.getpid()}", template="template1") as name:
        with connected(name) as database:
            migrate(database, BEFORE_THE_QUEUE)
        yield name


@pytest.fixture
def database(early):
    """A copy of it; its name in `connections`."""
    with beside(f"old_{os.getpid()}", template=early) as name, connected(name) as found:
        yield found


def migrate(database, targets=None):
    """Take a database to some migrations, the newest by default; return the models as they are then."""
    executor = MigrationExecutor(connections[database])
    targets = targets or executor.loader.graph.leaf_nodes()
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def test_what_two_people_decided_and_what_waits_for_one_goes_on_as_approvals(database):
    apps = migrate(database, BEFORE_APPROVALS)

    def make(model, /, **values):
        return apps.get_model(model).objects.using(database).create(**values)

    one, two, awa = (make("events.User", email=name) for name in ("one", "two", "awa"))
    days = {"starts": date(2020, 4, 6), "ends": date(2020, 4, 10)}
    open_for = {"registration_opens": NOW, "registration_closes": NOW + timedelta(days=60)}
    forum = make("events.Forum", slug="2020", name="2020", **days, **open_for)
    edition = make("prizes.Edition", forum=forum, name="Prizes")
    said = {"edition": edition, "reason": "Why", "proposed_by": one, "proposed": NOW}
    decided = {"decided_by": two, "decided": NOW}
    make("prizes.ActByTwo", kind="move-end", state="done", old_end=NOW, new_end=NOW, **said, **decided)
    make("prizes.ActByTwo", kind="close", **said)
    make("prizes.Announcement", kind="champions", state="approved", approved_by=two, approved=NOW, at=NOW, **said)
    make("prizes.Announcement", kind="winners", state="withdrawn", **said)
    lift = {"lift_proposed_by": two, "lift_proposed": NOW, "lift_reason": "A class"}
    rows = [
        make("prizes.Quarantine", kind="script", state=state, **said, **more)
        for state, more in [
            ("proposed", {}),
            ("lifting", decided | lift),
            ("lifted", decided | lift | {"lifted_by": one, "lifted": NOW}),
        ]
    ]
    make("events.Membership", account=awa, role="experts", forum=forum, given_by=one, given_at=NOW, reason="Fibre")
    make("events.Membership", account=awa, role="programme", given_by=one, given_at=NOW)
    make("registration.LostDevice", account=awa, reason="Called", asked_by=one, asked_at=NOW)

    apps = migrate(database)

    found = apps.get_model("events.Approval").objects.using(database).order_by("kind", "pk")
    assert [(row.kind, row.subject, row.state, row.proposed_by_id, row.decided_by_id) for row in found] == [
        ("announce-champions", edition.pk, "agreed", one.pk, two.pk),
        ("announce-winners", edition.pk, "dropped", one.pk, None),
        ("close-edition", edition.pk, "proposed", one.pk, None),
        ("lift-quarantine", rows[1].pk, "proposed", two.pk, None),
        ("lift-quarantine", rows[2].pk, "agreed", two.pk, one.pk),
        ("move-end", edition.pk, "agreed", one.pk, two.pk),
        ("quarantine", rows[0].pk, "proposed", one.pk, None),
        *(("quarantine", row.pk, "agreed", one.pk, two.pk) for row in rows[1:]),
        ("role-experts", awa.pk, "proposed", one.pk, None),
        ("second-step", awa.pk, "proposed", one.pk, None),
    ]
    assert {row.forum_id for row in found if row.kind != "second-step"} == {forum.pk}
    assert found.get(kind="announce-champions").values == {"at": "2020-02-03T09:00:00+00:00"}
    assert found.get(kind="role-experts").values == {"role": "experts", "forum": "2020"}
    held = apps.get_model("events.Membership").objects.using(database)
    assert held.values_list("role", flat=True).get() == "programme"
    with connections[database].cursor() as cursor:  # the version before reads these for a while
        cursor.execute("SELECT count(*) FROM prizes_announcement")
        assert cursor.fetchone() == (2,)
        cursor.execute("SELECT reason FROM registration_lostdevice")
        assert cursor.fetchone() == ("",)
    apps.get_model("prizes.Quarantine").objects.using(database).create(edition_id=edition.pk, kind="other")


def waiting_rows(apps, database, *, forum, number):
    """A row of each model that a worker has to do, as the version before the one queue writes it."""

    def make(model, **values):
        return apps.get_model(model).objects.using(database).create(**values)

    user = make("events.User", email=f"ann{number}@example.org", name="Ann")
    asked = {"asked": NOW, "asked_by": user}
    file = {"kind": "room", "language": "en", "file": b"x", "digest": "d"}
    edition = make("prizes.Edition", forum=make("events.Forum", slug=f"f{number}", **forum), name="Prizes")
    make("events.FileImport", token=f"t{number}", **file, **asked)
    make("events.FileImport", token=f"u{number}", state="failed", refusal="The file is empty", **file, **asked)
    make("events.PdfFile", digest=f"d{number}", source={}, asked=NOW, tries=1, taken=NOW)
    make("prizes.OutcomeDocument", forum=edition.forum, number=1, language="en", **asked)
    make("prizes.Recount", edition=edition, reason="Why not", **asked)
    make("registration.DataCopy", user=user, asked=NOW)


def test_jobs_that_wait_when_the_one_queue_comes_go_on_and_those_of_the_version_before_beside_it(database):
    before = migrate(database, BEFORE_THE_QUEUE)
    days = {"starts": date(2020, 6, 22), "ends": date(2020, 9, 10)}
    forum = {"name": "Forum", "registration_opens": NOW, "registration_closes": NOW + timedelta(days=99)} | days
    waiting_rows(before, database, forum=forum, number=1)

    apps = migrate(database)
    waiting_rows(before, database, forum=forum, number=2)  # by old code, on the new tables

    for model in (FileImport, PdfFile, OutcomeDocument, Recount, DataCopy):
        waiting = model.objects.using(database).waiting(datetime.now(UTC))
        assert [(row.attempts, row.error) for row in waiting] == [(0, "")] * 2, model
    refused = apps.get_model("events.FileImport").objects.using(database).get(token="u1")
    assert (refused.state, refused.error) == ("refused", "The file is empty")


def test_names_in_other_languages_stay_and_old_code_makes_rows_on(database):
    before = migrate(database, BEFORE_NAMES)
    old_country = before.get_model("events.Country").objects.using(database)
    old_country.create(code="ML", name="Mali", name_fr="Mali", region="africa", prize_region="africa")
    days = {"starts": date(2020, 6, 22), "ends": date(2020, 9, 10)}
    window = {"registration_opens": NOW, "registration_closes": NOW + timedelta(days=99)}
    forum = before.get_model("events.Forum").objects.using(database).create(slug="2020", name="Forum", **days, **window)
    old = before.get_model("registration.Kind").objects.using(database)
    old.create(forum=forum, slug="media", name="Media", names={"fr": "Médias", "ar": ""})

    apps = migrate(database)
    new, country = (apps.get_model(model).objects.using(database) for model in ("registration.Kind", "events.Country"))
    country.create(code="CH", name="Switzerland", region="western-europe", prize_region="europe")
    old_country.create(code="FR", name="France", region="western-europe", prize_region="europe")
    old.create(forum=forum, slug="staff", name="Staff")
    new.create(forum_id=forum.pk, slug="day", name="Day visitor")

    found = dict(new.values_list("slug", "translations"))
    assert found == {"media": {"fr": {"name": "Médias"}}, "staff": {}, "day": {}}
    found = dict(country.values_list("code", "translations"))
    assert found == {"ML": {"fr": {"name": "Mali"}}, "CH": {}, "FR": {}}


# --- beside a site that runs --------------------------------------------------------------------------
@pytest.fixture
def people(database):
    """A table of a thousand people, and the state of its model."""
    state = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=50)),
        ("age", models.IntegerField()),
    ]
    state.add_model(ModelState("events", "Person", fields))
    with connections[database].schema_editor() as editor:
        editor.create_model(state.apps.get_model("events", "Person"))
    with connections[database].cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_person (name, age)"
            " SELECT 'Person ' || n || repeat('x', 30), n % 90 FROM generate_series(1, 1000) n"
        )
    return state


def file_of(database):
    """The number of the file in which the rows of the table stand: another one once all rows were written again."""
    with connections[database].cursor() as cursor:
        return cursor.execute("SELECT pg_relation_filenode('events_person')").fetchone()


def change(database, state, operation):
    """Apply one operation as a migration does."""
    after = state.clone()
    operation.state_forwards("events", after)
    with connections[database].schema_editor(atomic=not isinstance(operation, NotInTransactionMixin)) as editor:
        operation.database_forwards("events", editor, state, after)


CHANGES = {
    "empty column": migrations.AddField("person", "empty", models.IntegerField(null=True)),
    "column with a constant": migrations.AddField("person", "seven", models.IntegerField(db_default=7)),
    "column with the time": migrations.AddField("person", "made", models.DateTimeField(db_default=Now())),
    "longer text": migrations.AlterField("person", "name", models.CharField(max_length=90)),
    "index": AddIndexBesideWriters("person", models.Index(fields=["age"], name="by_age")),
    "constraint": AddConstraintNotValid(
        "person", models.CheckConstraint(condition=models.Q(age__gte=0), name="is_born")
    ),
    "column by row": migrations.AddField("person", "drawn", models.FloatField(db_default=Random())),
    "other type": migrations.AlterField("person", "age", models.BigIntegerField()),
}


def test_check_of_migrations_refuses_what_writes_all_rows_again(database, people):
    refused, rewritten, state = [], [], people
    for name, operation in CHANGES.items():
        migration = type("Migration", (migrations.Migration,), {"operations": [operation]})("0002_change", "events")
        if list(faults(migration, state)):
            refused.append(name)
        before = file_of(database)
        change(database, state, operation)
        if file_of(database) != before:
            rewritten.append(name)
        state = state.clone()
        operation.state_forwards("events", state)

    assert refused == rewritten == ["column by row", "other type"]


@pytest.fixture
def own_default(database):
    """The other database stands in for the site's own: what runs after migrations fills that one."""
    default, kept = connections["default"], connections["default"].settings_dict["NAME"]
    default.close()
    default.settings_dict["NAME"] = connections.databases[database]["NAME"]
    yield
    default.close()
    default.settings_dict["NAME"] = kept


IS_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'events_country'::regclass"


@pytest.mark.parametrize(
    ("lock_wait", "passes"), [(gentle_migrations.LOCK_WAIT, True), (0, False)], ids=["as it is", "for ever"]
)
def test_migration_waits_for_a_long_reader_and_lets_the_others_pass(
    database, own_default, monkeypatch, lock_wait, passes
):
    """Whoever comes after a migration that waits for a long reader reads while both are still there."""
    migrate(database, BEFORE_NAMES)
    monkeypatch.setattr(gentle_migrations, "LOCK_WAIT", lock_wait)

    def migrate_beside():
        gentle_migrations.migrate()
        connections["default"].close()

    reads = "SELECT count(*) FROM events_country"  # a table that a later migration changes
    with ThreadPoolExecutor() as pool, connections["default"].cursor() as other, connections[database].cursor() as long:
        other.execute("SET statement_timeout = '6s'")
        with transaction.atomic(using=database):
            long.execute(reads)
            migration = pool.submit(migrate_beside)
            until(lambda: other.execute(IS_WAITING).fetchone() != (0,))
            with nullcontext() if passes else pytest.raises(OperationalError, match="statement timeout"):
                other.execute(reads)
            assert not migration.done()
        migration.result()

    executor = MigrationExecutor(connections["default"])
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_mails_that_were_perhaps_delivered_go_once_more_or_wait_for_organisers_and_old_code_writes_on(database):
    before = migrate(database, [("events", "0068_one_queue")]).get_model("events.Message").objects.using(database)
    common = {
        "kind": "letter",
        "to": "ann@example.org",
        "subject": "Letter",
        "text": "Text",
        "due": NOW,
        "state": "perhaps",
    }
    held = {"leased_until": datetime(2100, 1, 1, tzinfo=UTC)}
    before.create(dedupe_key="repeated", doubts=1, **common)
    before.create(dedupe_key="settled", doubts=2, leased_until=NOW, **common)
    before.create(dedupe_key="restored", doubts=2, reason="restored", **common)
    before.create(dedupe_key="in hand", doubts=1, **held, **common)

    migrate(database)
    before.create(dedupe_key="of old code", doubts=1, crashes=1, **common)

    mails = Message.objects.using(database)
    states = {
        "repeated": "queued",
        "settled": "failed",
        "restored": "failed",
        "in hand": "perhaps",
        "of old code": "perhaps",
    }
    assert dict(mails.values_list("dedupe_key", "state")) == states
    shown = set(undelivered.of(mails).values_list("dedupe_key", flat=True))
    assert shown == {"settled", "restored", "of old code"}
