from django.db import migrations, models
from django.db.models import Q

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0020_index_of_kinds")]

    operations = [
        AddIndexBesideWriters(
            "registration",
            models.Index(
                fields=["forum", "created"],
                name="registration_taking_part",
                condition=Q(withdrawn__isnull=True, state="approved"),
            ),
        ),
    ]
