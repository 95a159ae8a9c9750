"""A role that waits for a second supervisor is an approval; a membership counts from the moment in which it is made."""

from django.db import migrations

BY_TWO = ["supervisors", "prize officers", "experts"]


def move(apps, schema_editor):
    """The roles that wait: some rows at the most. One that nobody gave could not be agreed to, and goes."""
    database = schema_editor.connection.alias
    waiting = apps.get_model("events", "Membership").objects.using(database).filter(role__in=BY_TWO, agreed_at=None)
    approval = apps.get_model("events", "Approval")
    for row in waiting.exclude(given_by=None).select_related("forum").order_by("pk"):
        approval.objects.using(database).create(
            kind=f"role-{row.role}",
            subject=row.account_id,
            account_id=row.account_id,
            forum_id=row.forum_id,
            values={"role": row.role, "forum": row.forum.slug if row.forum else "all"},
            reason=row.reason,
            proposed_by_id=row.given_by_id,
            proposed=row.given_at,
        )
    waiting.delete()


def move_back(apps, schema_editor):
    database = schema_editor.connection.alias
    rows = apps.get_model("events", "Approval").objects.using(database).filter(kind__startswith="role-")
    for row in rows.filter(state="proposed"):
        apps.get_model("events", "Membership").objects.using(database).create(
            account_id=row.account_id,
            role=row.values["role"],
            forum_id=row.forum_id,
            given_by_id=row.proposed_by_id,
            given_at=row.proposed,
            reason=row.reason[:300],
        )
    rows.delete()


class Migration(migrations.Migration):
    dependencies = [("events", "0071_approvals")]
    deploy_note = "Some rows at the most: roles that wait for a second supervisor."

    operations = [
        migrations.RunPython(move, move_back),
    ]
