import django.db.models.deletion
from django.db import migrations, models

from events.migrations._beside_writers import DropIndexOfKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0078_mails_of_a_forum")]

    operations = [
        DropIndexOfKey(
            "message",
            "forum",
            models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                to="events.forum", verbose_name="forum",
            ),
        ),
    ]
