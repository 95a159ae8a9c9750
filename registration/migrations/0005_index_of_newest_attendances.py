from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0004_words_of_registrations")]

    operations = [
        AddIndexBesideWriters(
            model_name="attendance",
            index=models.Index(fields=["-first_seen", "-id"], name="attendance_newest"),
        ),
    ]
