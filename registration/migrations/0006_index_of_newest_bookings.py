from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0005_index_of_newest_attendances")]

    operations = [
        AddIndexBesideWriters(
            model_name="booking",
            index=models.Index(fields=["-created", "-id"], name="booking_newest"),
        ),
    ]
