from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0019_restored_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(
                condition=models.Q(("doubts__lt", 2), ("state", "perhaps")),
                fields=["queue", "due"],
                name="message_repeated",
            ),
        ),
    ]
