from django.db import migrations, models
from django.db.models import Q

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0014_organisations_of_people")]

    operations = [
        AddIndexBesideWriters(
            "registration",
            models.Index(
                fields=["affiliation"], name="registration_affiliation", condition=Q(affiliation__isnull=False)
            ),
        ),
    ]
