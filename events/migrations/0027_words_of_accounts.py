from django.db import migrations

from events.migrations._beside_writers import AddWordIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0026_index_of_accounts_by_day")]

    operations = [
        AddWordIndex("user", "name", name="user_words"),
    ]
