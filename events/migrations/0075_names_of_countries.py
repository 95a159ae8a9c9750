"""The names of countries in other languages stand where all texts in languages do: code of a language → field → text."""

from django.db import migrations, models

import events.models.columns


def forwards(apps, schema_editor):
    rows = apps.get_model("events", "Country").objects.using(schema_editor.connection.alias)
    for row in rows.all():
        said = {"fr": row.name_fr, "ar": row.name_ar}
        row.translations = {code: {"name": name} for code, name in said.items() if name}
        row.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("events", "0074_links_by_seeds")]
    deploy_note = (
        "There are 195 countries. The version before reads the columns of their names on until it ends; they are dropped by the next "
        "version."
    )

    operations = [
        migrations.AddField(
            "country",
            "translations",
            models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                validators=[events.models.columns.validate_translations],
                verbose_name="in other languages",
            ),
        ),
        migrations.AlterField("country", "name_fr", models.CharField(blank=True, db_default="", max_length=80)),
        migrations.AlterField("country", "name_ar", models.CharField(blank=True, db_default="", max_length=80)),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("country", "name_fr"),
                migrations.RemoveField("country", "name_ar"),
            ]
        ),
    ]
