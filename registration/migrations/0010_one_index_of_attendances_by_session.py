from django.db import migrations, models

from events.migrations._beside_writers import DropIndexOfKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0009_one_index_of_attendances_by_registration")]

    operations = [
        DropIndexOfKey(
            model_name="attendance",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.PROTECT,
                related_name="attendances",
                to="events.session",
                verbose_name="session",
            ),
        ),
    ]
