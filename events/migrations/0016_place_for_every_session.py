"""Every session has its place in the draft: those that were never moved get the one that they were released with."""

from django.db import migrations

ROWS = 1000
STATES = {"draft": "unscheduled", "scheduled": "scheduled", "cancelled": "cancelled"}


def place_missing(apps, schema_editor):
    using = schema_editor.connection.alias
    session, placement = apps.get_model("events", "Session"), apps.get_model("events", "Placement")
    missing = session.objects.using(using).filter(placement=None)
    columns = missing.values_list("pk", "starts", "ends", "room", "state", "updated")
    placement.objects.using(using).bulk_create(
        [
            placement(session_id=key, starts=starts, ends=ends, room_id=room, state=STATES[state], moved=updated)
            for key, starts, ends, room, state, updated in columns
        ],
        batch_size=ROWS,
    )


class Migration(migrations.Migration):
    dependencies = [("events", "0015_history_of_proposals")]

    operations = [migrations.RunPython(place_missing, migrations.RunPython.noop)]
