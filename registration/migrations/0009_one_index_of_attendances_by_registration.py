from django.db import migrations, models

from events.migrations._beside_writers import DropIndexOfKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0008_no_index_of_registrations_by_day")]

    operations = [
        DropIndexOfKey(
            model_name="attendance",
            name="registration",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="attendances",
                to="registration.registration",
                verbose_name="registration",
            ),
        ),
    ]
