from django.db import migrations

from events.migrations._beside_writers import RemoveIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0007_index_of_active_registrations")]

    operations = [RemoveIndexBesideWriters(model_name="registration", name="registration_by_day")]
