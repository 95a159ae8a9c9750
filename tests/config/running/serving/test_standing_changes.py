"""New migrations: old code stands the new tables, and none holds people up."""

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now, Random

from events.migrations._beside_writers import AddIndexBesideWriters
from tests.config.running.serving.standing_changes import ONE_BY_ONE, faults

# The newest migrations that went out before the rule. On a million people these of them read or write a whole table under
# a lock: prizes 0003 (nominations), events 0008 and 0010 (the outbox's indexes, 4 s on two million mails), 0013.
BEFORE_THE_RULE = {"events": "0017", "registration": "0002", "prizes": "0007", "config": "0001"}


def test_new_migrations_stand_beside_old_code():
    loader = MigrationLoader(None)
    new = {
        (app, name): migration
        for (app, name), migration in loader.disk_migrations.items()
        if app in BEFORE_THE_RULE and name[:4] > BEFORE_THE_RULE[app]
    }

    found = {
        f"{app}.{name}": list(faults(migration, loader.project_state([(app, name)], at_end=False)))
        for (app, name), migration in new.items()
    }

    assert {name: reasons for name, reasons in found.items() if reasons} == {}, "CONTRIBUTING.md, “Change a table”"


PERSON = ModelState(
    "events",
    "Person",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=50)),
        ("age", models.IntegerField()),
    ],
)


def found(*operations, note=""):
    """What is found of a migration with these operations on the table of people, which was there before."""
    migration = type("Migration", (migrations.Migration,), {"operations": list(operations), "deploy_note": note})
    before = ProjectState()
    before.add_model(PERSON.clone())
    return [text.partition(":")[0] for text in faults(migration("0002_change", "events"), before)]


BY_AGE = models.Index(fields=["age"], name="by_age")


class OwnSQL(migrations.RunSQL):
    """A kind of operation that somebody derives."""


def adding(field):
    return migrations.AddField("person", "more", field)


def altering(name, field):
    return migrations.AlterField("person", name, field)


@pytest.mark.parametrize(
    "operation",
    [
        adding(models.IntegerField(null=True)),
        adding(models.IntegerField(db_default=0)),
        adding(models.DateTimeField(db_default=Now())),
        adding(models.ManyToManyField("events.Person")),
        altering("name", models.CharField(max_length=50, help_text="As in the passport", blank=True)),
        altering("name", models.CharField(max_length=90)),
        altering("age", models.IntegerField(null=True)),
        migrations.AlterModelOptions("person", {"ordering": ["name"]}),
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        adding(models.ForeignKey("events.Person", models.CASCADE, null=True, db_index=False, db_constraint=False)),
        AddIndexBesideWriters("person", BY_AGE),
    ],
)
def test_change_that_both_stand_passes(operation):
    assert found(operation) == []


@pytest.mark.parametrize(
    ("operation", "thing"),
    [
        (adding(models.IntegerField(default=0)), "AddField of person.more"),
        (adding(models.FloatField(db_default=Random())), "AddField of person.more"),
        (adding(models.ForeignKey("events.Person", models.CASCADE, null=True)), "AddField of person.more"),
        (altering("age", models.BigIntegerField()), "AlterField of person.age"),
        (altering("name", models.CharField(max_length=20)), "AlterField of person.name"),
        (migrations.RemoveField("person", "age"), "RemoveField of person.age"),
        (migrations.RenameField("person", "age", "years"), "RenameField of person.age"),
        (migrations.AddIndex("person", models.Index(fields=["age"], name="by_age")), "AddIndex of person"),
        (AddIndexConcurrently("person", BY_AGE), "AddIndexConcurrently of person"),
        (migrations.DeleteModel("Person"), "DeleteModel of Person"),
        (migrations.RunPython(migrations.RunPython.noop), "RunPython of "),
        (
            adding(models.ForeignKey("events.Person", models.CASCADE, null=True, db_index=False)),
            "AddField of person.more",
        ),
        (migrations.AlterUniqueTogether("person", [("name", "age")]), "AlterUniqueTogether of person"),
        (migrations.AlterIndexTogether("person", [("name", "age")]), "AlterIndexTogether of person"),
        (migrations.AlterOrderWithRespectTo("person", None), "AlterOrderWithRespectTo of person"),
        (OwnSQL("UPDATE events_person SET age = 1"), "OwnSQL of "),
        (
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RunSQL("UPDATE events_person SET age = 1")]
            ),
            "SeparateDatabaseAndState of ",
        ),
    ],
)
def test_change_that_breaks_something_is_named(operation, thing):
    assert found(operation) == [thing]
    assert found(operation, note="The table has ten rows.") == []


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (migrations.RemoveConstraint("person", "is_born"), "RemoveConstraint"),
        (migrations.RenameIndex("person", new_name="by_years", old_name="by_age"), "RenameIndex"),
    ],
)
def test_what_stood_is_not_changed_without_a_word(operation, name):
    before = ProjectState()
    person = PERSON.clone()
    person.options = {
        "indexes": [BY_AGE],
        "constraints": [models.CheckConstraint(condition=models.Q(age__gte=0), name="is_born")],
    }
    before.add_model(person)
    migration = type("Migration", (migrations.Migration,), {"operations": [operation]})("0002_change", "events")

    assert [text.split(" of ")[0] for text in faults(migration, before)] == [name]


def test_migration_that_is_not_atomic_does_one_thing():
    adds = [AddIndexBesideWriters("person", models.Index(fields=["age"], name=f"by_age_{n}")) for n in range(2)]
    migration = type("Migration", (migrations.Migration,), {"operations": adds, "atomic": False})
    before = ProjectState()
    before.add_model(PERSON.clone())

    assert list(faults(migration("0002_change", "events"), before)) == [f"0002_change: {ONE_BY_ONE}"]
