from events.migrations._beside_writers import RemoveIndexBesideWriters

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0068_one_queue")]

    operations = [RemoveIndexBesideWriters("message", "message_repeated")]
