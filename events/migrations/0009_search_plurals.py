from django.db import migrations


def rebuild_at_the_next_search(apps, schema_editor):
    """Words are compared in another way from now on: the next search builds the index of each forum again."""
    apps.get_model("events", "SearchIndex").objects.using(schema_editor.connection.alias).update(revision=-1)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0008_asking_mails'),
    ]

    operations = [
        migrations.RunPython(rebuild_at_the_next_search, migrations.RunPython.noop, elidable=True),
    ]
