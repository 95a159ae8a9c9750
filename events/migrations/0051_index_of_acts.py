from django.db import migrations, models
from django.db.models import Q

from events.migrations._beside_writers import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0050_acts_of_the_history")]

    operations = [
        AddIndexBesideWriters(
            model_name="historyentry",
            index=models.Index(fields=["act"], name="history_of_an_act", condition=Q(act__isnull=False)),
        ),
    ]
