"""Announcements, quarantines, and acts by two are approvals. The tables and columns of before stay for the version before, which still
reads them; the next version can drop them, and with them the waivers, of which the history keeps the reasons."""

from datetime import UTC

from django.conf import settings
from django.db import migrations, models

STATES = {
    "proposed": "proposed",
    "done": "agreed",
    "approved": "agreed",
    "in_force": "agreed",
    "lifting": "agreed",
    "lifted": "agreed",
    "dropped": "dropped",
    "withdrawn": "dropped",
}


def stamp(moment):
    return moment.astimezone(UTC).isoformat()


def copy(apps, schema_editor):
    """Some dozen rows of each edition."""
    database = schema_editor.connection.alias
    approval = apps.get_model("events", "Approval")
    forums = dict(apps.get_model("prizes", "Edition").objects.using(database).values_list("pk", "forum_id"))
    made = []

    def add(name, row, /, *, subject, state, by, decided_by, reason, proposed, decided, **values):
        made.append(
            approval(
                kind=name,
                subject=subject,
                forum_id=forums[row.edition_id],
                values=values,
                reason=reason,
                state=state,
                proposed_by_id=by,
                proposed=proposed,
                decided_by_id=decided_by,
                decided=decided,
            )
        )

    def rows(name):
        return apps.get_model("prizes", name).objects.using(database).order_by("pk")

    for row in rows("ActByTwo"):
        ends = {} if row.kind == "close" else {"ends": stamp(row.new_end), "ended": stamp(row.old_end)}
        said = {"reason": row.reason, "proposed": row.proposed, "decided": row.decided, "state": STATES[row.state]}
        kind = "close-edition" if row.kind == "close" else row.kind
        add(kind, row, subject=row.edition_id, by=row.proposed_by_id, decided_by=row.decided_by_id, **said, **ends)
    for row in rows("Announcement"):
        at = {"at": stamp(row.at)} if row.at else {}
        said = {"reason": row.reason, "proposed": row.proposed, "decided": row.approved, "state": STATES[row.state]}
        people = {"by": row.proposed_by_id, "decided_by": row.approved_by_id}
        add(f"announce-{row.kind}", row, subject=row.edition_id, **people, **said, **at)
    for row in rows("Quarantine").annotate(number=models.Count("entries")):
        values = {"subject": row.pk, "quarantine": row.pk, "kind": row.kind, "ballots": row.number}
        said = {"reason": row.reason, "proposed": row.proposed, "decided": row.decided, "state": STATES[row.state]}
        add("quarantine", row, by=row.proposed_by_id, decided_by=row.decided_by_id, **said, **values)
        if row.lift_proposed_by_id:
            state = "agreed" if row.state == "lifted" else "proposed"
            said = {"reason": row.lift_reason, "proposed": row.lift_proposed, "decided": row.lifted, "state": state}
            people = {"by": row.lift_proposed_by_id, "decided_by": row.lifted_by_id}
            add("lift-quarantine", row, **people, **said, **values)
    approval.objects.using(database).bulk_create(made)


def loose(model, *names, to=settings.AUTH_USER_MODEL):
    """Columns that lead to rows which may go."""
    key = models.ForeignKey(to, models.PROTECT, null=True, related_name="+", db_constraint=False)
    return [migrations.AlterField(model, name, key.clone()) for name in names]


class Migration(migrations.Migration):
    dependencies = [("events", "0071_approvals"), ("prizes", "0017_one_queue")]
    deploy_note = (
        "Some dozen rows. What the version before has decided in the seconds in which both run has to be decided again: whoever "
        "announces, sets aside or closes does it before or after."
    )

    operations = [
        migrations.AlterModelOptions(
            "edition",
            {
                "ordering": ["-forum__starts"],
                "permissions": [
                    ("publish_edition", "Can publish the nominees"),
                    ("count_edition", "Can count the votes"),
                    ("close_edition", "Can close an edition for good"),
                    ("move_end_edition", "Can move the end of a running vote"),
                    ("announce_edition", "Can propose and approve announcements"),
                    ("log_edition", "Can read the log of the prize"),
                ],
                "verbose_name": "prize edition",
                "verbose_name_plural": "prize editions",
            },
        ),
        migrations.AlterModelOptions(
            "quarantine",
            {
                "default_permissions": ("view",),
                "ordering": ["-pk"],
                "permissions": [("decide_quarantine", "Can propose and decide quarantines")],
                "verbose_name": "quarantine",
                "verbose_name_plural": "quarantines",
            },
        ),
        migrations.RunPython(copy, migrations.RunPython.noop),
        *loose("actbytwo", "proposed_by", "decided_by"),
        *loose("actbytwo", "edition", to="prizes.edition"),
        *loose("announcement", "proposed_by", "approved_by"),
        *loose("announcement", "edition", to="prizes.edition"),
        *loose("waiver", "first", "second", "given_by"),
        *loose("waiver", "edition", to="prizes.edition"),
        *loose("quarantine", "proposed_by", "decided_by", "lift_proposed_by", "lifted_by"),
        migrations.AlterField("quarantine", "reason", models.TextField(db_default="")),
        migrations.AlterField("quarantine", "lift_reason", models.TextField(db_default="")),
        migrations.AlterField("quarantine", "proposed", models.DateTimeField(null=True)),
        migrations.AlterField(
            "quarantine", "state", models.CharField(max_length=10, default="dropped", db_default="dropped")
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("quarantine", "quarantine_by_two"),
                migrations.RemoveConstraint("quarantine", "quarantine_lifted_by_two"),
                *(
                    migrations.RemoveField("quarantine", name)
                    for name in (
                        *("reason", "state", "proposed", "proposed_by", "decided", "decided_by"),
                        *("lift_reason", "lift_proposed", "lift_proposed_by", "lifted", "lifted_by"),
                    )
                ),
                migrations.DeleteModel("ActByTwo"),
                migrations.DeleteModel("Announcement"),
                migrations.DeleteModel("Waiver"),
            ]
        ),
    ]
