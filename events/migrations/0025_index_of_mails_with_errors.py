from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0024_index_of_addresses_of_mails")]

    operations = [
        AddIndexBesideWriters(
            model_name="message",
            index=models.Index(fields=["id"], name="message_with_error", condition=models.Q(("last_error", ""), _negated=True)),
        ),
    ]
