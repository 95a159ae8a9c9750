from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0021_index_of_expiring_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(fields=["-created", "-id"], name="message_newest"),
        ),
    ]
