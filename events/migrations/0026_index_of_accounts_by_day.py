from django.db import migrations, models

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0025_index_of_mails_with_errors")]

    operations = [
        AddIndexBesideWriters(
            model_name="user",
            index=models.Index(fields=["date_joined"], name="user_joined"),
        ),
    ]
