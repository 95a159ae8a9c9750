from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0002_growth")]

    operations = [
        AddIndexBesideWriters(
            model_name="registration",
            index=models.Index(fields=["-created", "-id"], name="registration_newest"),
        ),
    ]
