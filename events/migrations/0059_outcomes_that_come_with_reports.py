from django.db import migrations, models


def mark(apps, schema_editor):
    """What waits for a report until now goes on waiting for it."""
    rows = apps.get_model("events", "Outcome").objects.using(schema_editor.connection.alias)
    rows = rows.filter(is_public=False, session__report__state="submitted")
    rows.update(comes_with_report=True)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0058_words_about_a_public_forum'),
    ]

    operations = [
        migrations.AddField(
            model_name='outcome',
            name='comes_with_report',
            field=models.BooleanField(db_default=False, default=False, help_text='It is hidden until organisers approve the report. Untick it to keep it hidden then, too.', verbose_name='published with the report of its session'),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
