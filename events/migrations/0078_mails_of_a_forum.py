from events.migrations._beside_writers import AddIndexBesideWriters

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0077_themes_of_health")]

    operations = [
        AddIndexBesideWriters("message", models.Index(fields=["forum", "-created"], name="message_of_forum")),
    ]
