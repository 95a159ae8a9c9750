from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0023_index_of_kinds_of_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(fields=["to"], name="message_by_address", opclasses=["varchar_pattern_ops"]),
        ),
    ]
