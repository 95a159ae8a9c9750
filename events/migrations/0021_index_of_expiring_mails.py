from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0020_index_of_repeated_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(
                condition=models.Q(
                    ("expires__isnull", False),
                    ("state__in", ["draft", "queued", "sending", "perhaps", "failed"]),
                ),
                fields=["expires"],
                name="message_expiring",
            ),
        ),
    ]
