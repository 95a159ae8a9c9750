from django.db import migrations

from events.migrations._beside_writers import AddWordIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0060_why_mails_are_left_out")]

    operations = [
        AddWordIndex("historyentry", "subject", "reason", name="history_words"),
    ]
