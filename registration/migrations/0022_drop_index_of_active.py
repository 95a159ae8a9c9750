from django.db import migrations

from events.migrations._beside_writers import RemoveIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0021_index_of_those_who_take_part")]

    operations = [RemoveIndexBesideWriters("registration", "registration_active")]
