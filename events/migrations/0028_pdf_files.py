from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0027_words_of_accounts")]

    operations = [
        migrations.CreateModel(
            name="PdfFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("source", models.JSONField()),
                ("file", models.BinaryField(null=True)),
                ("asked", models.DateTimeField()),
                ("taken", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
    ]
