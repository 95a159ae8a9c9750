"""Of the links of invitations nothing stays that opens them: SHA-256 in the place of tokens. The links that are out there open as before."""

import hashlib

from django.db import migrations
from django.db.models import CharField
from django.db.models.functions import Length

import events.shared.secret_links

OLD = 43  # characters of a token of former times
BATCH = 2000


def hide(apps, schema_editor, *models):
    """Put the SHA-256 of each token into its place, a part at a time; what has it already stays. `models`: labels."""
    for label in models:
        rows = apps.get_model(label).objects.using(schema_editor.connection.alias)
        plain = rows.alias(length=Length("link_seed")).filter(length=OLD).order_by("pk")
        while part := list(plain.only("pk", "link_seed")[:BATCH]):
            for row in part:
                row.link_seed = hashlib.sha256(row.link_seed.encode()).hexdigest()
            rows.bulk_update(part, ["link_seed"])


def forwards(apps, schema_editor):
    hide(apps, schema_editor, "events.Invitation", "events.CollaboratorInvitation")


def renamed(model, old):
    """Django knows a column by another name; in the database it stays."""
    return [
        migrations.RenameField(model, old, "link_seed"),
        migrations.AlterField(
            model,
            "link_seed",
            CharField(
                db_column=old,
                default=events.shared.secret_links.new_seed,
                editable=False,
                max_length=64,
                unique=True,
            ),
        ),
    ]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("events", "0073_roles_are_agreed_to")]
    deploy_note = (
        "The columns stay; some thousands of rows are written, 2,000 at a time, and it can be run again. In the seconds in which the "
        "version before still runs, links open there no more, and of an invitation that it writes then another mail has to be sent."
    )

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[*renamed("invitation", "token"), *renamed("collaboratorinvitation", "token")]
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
