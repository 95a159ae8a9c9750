from django.db import migrations, models

from events.migrations._beside_writers import DropIndexOfKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0011_one_index_of_bookings_by_registration")]

    operations = [
        DropIndexOfKey(
            model_name="booking",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.CASCADE,
                related_name="bookings",
                to="events.session",
                verbose_name="session",
            ),
        ),
    ]
