from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0006_index_of_newest_bookings")]

    operations = [
        AddIndexBesideWriters(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("withdrawn__isnull", True)),
                fields=["forum", "created"],
                name="registration_active",
            ),
        ),
    ]
