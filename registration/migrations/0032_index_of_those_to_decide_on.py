from django.db import migrations, models
from django.db.models import Q

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0031_waiting_for_kinds")]

    operations = [
        AddIndexBesideWriters(
            "registration",
            models.Index(
                fields=["forum"],
                name="registration_to_decide",
                condition=Q(withdrawn__isnull=True, state="secretariat"),
            ),
        ),
    ]
