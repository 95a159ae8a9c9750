import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    deploy_note = (
        "The columns are new and empty, and without an index: PostgreSQL reads each table once to see that they name nothing "
        "that is not there, a million rows in a second. Old code leaves them empty."
    )

    dependencies = [("events", "0033_one_person"), ("registration", "0013_sign_ins")]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="affiliation",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="events.organisation",
                verbose_name="counted as",
            ),
        ),
        migrations.AddField(
            model_name="attendance",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.organisation",
                verbose_name="organisation",
            ),
        ),
    ]
