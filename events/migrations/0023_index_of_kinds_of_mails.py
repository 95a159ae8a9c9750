from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0022_index_of_newest_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(fields=["kind", "-created"], name="message_by_kind"),
        ),
    ]
