"""The names of kinds in other languages stand where all texts in languages do: code of a language → field → text."""

from django.db import migrations, models

import events.models.columns


def forwards(apps, schema_editor):
    kinds = apps.get_model("registration", "Kind").objects.using(schema_editor.connection.alias)
    for kind in kinds.exclude(names={}):
        kind.translations = {code: {"name": name} for code, name in kind.names.items() if name}
        kind.save(update_fields=["translations"])


def column():
    return models.JSONField(
        blank=True,
        db_default=models.Value({}, models.JSONField()),
        default=dict,
        validators=[events.models.columns.validate_translations],
        verbose_name="in other languages",
    )


class Migration(migrations.Migration):
    dependencies = [("registration", "0050_links_by_seeds")]
    deploy_note = (
        "Kinds of registration are a few rows of each forum. The version before reads their names on until it ends; the column is "
        "dropped by the next version."
    )

    operations = [
        migrations.AddField("kind", "translations", column()),
        migrations.AlterField(
            "kind",
            "names",
            models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("kind", "names")]),
        migrations.AlterField("registrationquestion", "translations", column()),
    ]
