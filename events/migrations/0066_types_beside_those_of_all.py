from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0065_names_of_tables")]

    operations = [
        migrations.AddField(
            "sessiontype",
            "is_additional",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Its forums offer it beside the types of all forums. Types that an import makes are such.",
                verbose_name="beside those of all forums",
            ),
        ),
    ]
