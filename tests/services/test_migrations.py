"""The rows of an older version, taken through today's migrations on PostgreSQL: nothing is lost, everything finds its place."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import signing
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.services
OLD = [("events", "0009_search_plurals"), ("registration", "0002_growth"), ("prizes", "0004_recounts")]
NOW = datetime(2020, 2, 3, 9, tzinfo=UTC)


@pytest.fixture
def database(django_db_setup, django_db_blocker, settings):
    """An empty database beside the one of the tests; its name in `connections`."""
    settings.MIGRATION_MODULES = {}  # the tables of the other tests are made from the models
    name = f"old_{os.getpid()}"
    with django_db_blocker.unblock():
        with connections["default"].cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        connections.databases["old"] = connections.databases["default"] | {"NAME": name}
        yield "old"
        connections["old"].close()
        del connections.databases["old"]
        with connections["default"].cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def migrate(database, targets=None):
    """Take a database to some migrations, the newest by default; return the models as they are then."""
    executor = MigrationExecutor(connections[database])
    targets = targets or executor.loader.graph.leaf_nodes()
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


class Rows:
    """What an organiser, a proposer and a jury had left behind in the older version."""

    def __init__(self, apps, database):
        self.apps, self.database = apps, database
        self.forum = self.make(
            "events.Forum",
            slug="2020",
            name="Forum",
            starts=date(2020, 6, 22),
            ends=date(2020, 9, 10),
            registration_opens=NOW,
            registration_closes=NOW + timedelta(days=99),
        )
        self.ann = self.make("events.User", email="ann@example.org", name="Ann")
        self.ben = self.make("events.User", email="ben@example.org", name="Ben")
        self.proposal = self.make(
            "events.Proposal",
            forum=self.forum,
            code="ABC123",
            proposer=self.ann,
            state="accepted",
            created=NOW,
            updated=NOW,
            submitted=NOW,
            decided=NOW,
        )
        said = {"proposal": self.proposal, "at": NOW}
        self.make("events.Remark", author=self.ann, verb="submit", text="", **said)
        self.asked = self.make("events.Remark", author=self.ann, verb="ask-editor", text="eve@example.org", **said)
        self.make("events.Remark", author=self.ben, verb="", text="Ask for a moderator", **said)
        self.make("events.Remark", author=self.ben, verb="accept", text="Well prepared", **said)
        self.make(
            "events.Message",
            kind="proposal-accepted",
            dedupe_key=f"proposal-accepted:{self.proposal.pk}:4",
            user=self.ann,
            to="ann@example.org",
            state="draft",
            due=NOW,
            created=NOW,
        )
        edition = self.make("prizes.Edition", forum=self.forum, name="Prizes")
        self.make_nomination(edition)
        self.make(
            "prizes.AuditEntry",
            edition=edition,
            actor=self.ben,
            at=NOW,
            verb="choose winner",
            subject="A project",
            reason="The jury met",
            details={"from": {"winner": ""}, "to": {"winner": "A project"}},
        )
        self.make_sessions()

    def make_nomination(self, edition):
        """A nomination with changes that wait, one of them the text on a goal."""
        line = self.make("events.ActionLine", code="C1", title="Line", short_name="Line")
        self.make(
            "prizes.Nomination",
            edition=edition,
            category=self.make("prizes.Category", edition=edition, number=1, action_line=line, title="Category"),
            code="NOMIN1",
            nominator=self.ann,
            state="draft",
            created=NOW,
            updated=NOW,
            changes={"title": "Another", "linkages": {"4": "Schools"}},
        )

    def make_sessions(self):
        """A session of each state; the draft has a place of its own for one of them."""
        type_ = self.make("events.SessionType", code="workshop", name="Workshop")
        times = {"starts": NOW, "ends": NOW + timedelta(hours=1)}
        for code, state, values in (("DRAFT1", "draft", {}), ("OFF001", "cancelled", times)):
            self.make("events.Session", forum=self.forum, type=type_, code=code, state=state, **values)
        moved = self.make("events.Session", forum=self.forum, type=type_, code="MOVED1", state="scheduled", **times)
        self.make("events.Placement", session=moved, state="unscheduled", version=3, moved=NOW)

    def make(self, model, **values):
        return self.apps.get_model(model)._default_manager.using(self.database).create(**values)


def test_rows_of_an_older_version_find_their_place(database):
    rows = Rows(migrate(database, OLD), database)

    apps = migrate(database)

    def found(model, *columns):
        return list(apps.get_model(model).objects.using(database).order_by("pk").values_list(*columns))

    token = signing.Signer(sep=".", salt="events.consultation.editors").sign(str(rows.asked.pk))
    assert found("events.Proposal", "state", "pending_state") == [("submitted", "accepted")]
    assert found("events.Message", "about") == [(rows.proposal.pk,)]
    assert found("events.ProposalComment", "author", "text") == [(rows.ben.pk, "Ask for a moderator")]
    assert found("events.CollaboratorInvitation", "email", "state", "token") == [("eve@example.org", "invited", token)]
    assert sorted(found("events.Placement", "session__code", "state", "starts", "version")) == [
        ("DRAFT1", "unscheduled", None, 1),
        ("MOVED1", "unscheduled", None, 3),
        ("OFF001", "cancelled", NOW, 1),
    ]
    assert found("prizes.Nomination", "changes") == [({"title": "Another", "linkage_4": "Schools"},)]
    assert sorted(found("events.HistoryEntry", "verb", "actor", "subject", "reason", "after")) == [
        ("accept-proposal", rows.ben.pk, "ABC123", "Well prepared", {}),
        ("ask-editor", rows.ann.pk, "ABC123", "", {}),
        ("choose-winner", rows.ben.pk, "A project", "The jury met", {"winner": "A project"}),
        ("submit-proposal", rows.ann.pk, "ABC123", "", {}),
    ]
