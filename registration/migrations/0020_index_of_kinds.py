from django.db import migrations, models
from django.db.models import Q

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0019_kinds")]

    operations = [
        AddIndexBesideWriters(
            "registration",
            models.Index(fields=["kind", "state"], name="registration_by_kind", condition=Q(kind__isnull=False)),
        ),
    ]
