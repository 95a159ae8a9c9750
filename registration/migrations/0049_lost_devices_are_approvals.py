"""Lost devices are approvals. Their table stays for the version before, which still reads it; the next version can drop it."""

from django.conf import settings
from django.db import migrations, models


def copy(apps, schema_editor):
    """Some rows: devices are rarely lost. Who has roles in one forum alone is looked after there."""
    database = schema_editor.connection.alias
    approval = apps.get_model("events", "Approval").objects.using(database)
    held = apps.get_model("events", "Membership").objects.using(database)
    for row in apps.get_model("registration", "LostDevice").objects.using(database).order_by("pk"):
        forums = set(held.filter(account=row.account_id).values_list("forum", flat=True))
        approval.create(
            kind="second-step",
            subject=row.account_id,
            account_id=row.account_id,
            forum_id=forums.pop() if len(forums) == 1 else None,
            reason=row.reason,
            state="proposed" if row.decided_at is None else "agreed" if row.is_done else "dropped",
            proposed_by_id=row.asked_by_id,
            proposed=row.asked_at,
            decided_by_id=row.decided_by_id,
            decided=row.decided_at,
        )


class Migration(migrations.Migration):
    dependencies = [("events", "0073_roles_are_agreed_to"), ("registration", "0048_one_queue")]
    deploy_note = "Some rows. What the version before is asked in the seconds in which both run is asked again."

    operations = [
        migrations.RunPython(copy, migrations.RunPython.noop),
        # What is said of a person there, nobody would erase any more.
        migrations.RunSQL("UPDATE registration_lostdevice SET reason = ''", migrations.RunSQL.noop),
        *(
            migrations.AlterField(
                "lostdevice",
                name,
                models.ForeignKey(
                    settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_constraint=False
                ),
            )
            for name in ("account", "asked_by", "decided_by")
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("LostDevice")]),
    ]
