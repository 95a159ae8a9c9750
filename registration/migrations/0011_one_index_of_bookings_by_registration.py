from django.db import migrations, models

from events.migrations._beside_writers import DropIndexOfKey


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("registration", "0010_one_index_of_attendances_by_session")]

    operations = [
        DropIndexOfKey(
            model_name="booking",
            name="registration",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.CASCADE,
                related_name="bookings",
                to="registration.registration",
                verbose_name="registration",
            ),
        ),
    ]
