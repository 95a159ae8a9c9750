from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("events", "0033_one_person")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="erased",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased"),
        ),
    ]
