import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0031_groups_become_memberships")]

    operations = [
        migrations.AddField("user", "title", models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="form of address")),
        migrations.AddField("user", "organisation", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="organisation")),
        migrations.AddField("user", "country", models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="events.country", verbose_name="country")),
        migrations.AddField("user", "endings", models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name="log-ins ended")),
        migrations.CreateModel(
            name="RefusedMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("user", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="refused_mails", to=settings.AUTH_USER_MODEL)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("user", "kind"), name="refused_mail_once")]},
        ),
        migrations.CreateModel(
            name="Viewing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("kind", models.CharField(choices=[("list", "a list"), ("page", "a page"), ("history", "the history of a row"), ("export", "an export")], max_length=10, verbose_name="as")),
                ("model", models.CharField(max_length=80, verbose_name="kind of row")),
                ("number", models.PositiveIntegerField(verbose_name="people")),
                ("people", models.JSONField(default=list, verbose_name="accounts")),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="by")),
                ("forum", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="events.forum", verbose_name="forum")),
            ],
            options={
                "verbose_name": "look at data of people",
                "verbose_name_plural": "looks at data of people",
                "ordering": ["-at", "-pk"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="viewing_newest"),
                    django.contrib.postgres.indexes.GinIndex(fields=["people"], name="viewing_of_people", opclasses=["jsonb_path_ops"]),
                ],
            },
        ),
    ]
