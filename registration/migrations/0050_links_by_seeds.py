"""As `events.0074_links_by_seeds`: of calendars. Of passes and invitations to register digests stand there already."""

from importlib import import_module

from django.db import migrations

links = import_module("events.migrations.0074_links_by_seeds")


def forwards(apps, schema_editor):
    links.hide(apps, schema_editor, "registration.Registration")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("registration", "0049_lost_devices_are_approvals"), ("events", "0074_links_by_seeds")]
    deploy_note = (
        "The columns stay; one value of each registration is written, 2,000 rows at a time, and it can be run again. In the seconds in "
        "which the version before still runs, calendars open there no more: programs ask again later."
    )

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *links.renamed("registration", "calendar_token"),
                *links.renamed("registrationinvitation", "digest"),
                *links.renamed("doorpass", "digest"),
            ]
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
