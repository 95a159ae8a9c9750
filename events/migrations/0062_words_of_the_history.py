from django.db import migrations

from events.migrations._beside_writers import AddWordIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0061_words_of_people")]

    operations = [
        AddWordIndex("historyentry", "subject", "reason", name="history_words"),
    ]
