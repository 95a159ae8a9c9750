from django.db import migrations

from events.migrations._beside_writers import AddWordIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0003_index_of_newest_registrations")]

    operations = [
        AddWordIndex("registration", "name", "organisation", name="registration_words"),
    ]
