from django.db import migrations


def make_anew(apps, schema_editor):
    """The words of sessions are compared otherwise than before: the next search makes the vectors of each forum anew."""
    apps.get_model("events", "SearchIndex").objects.using(schema_editor.connection.alias).update(revision=-1)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0008_asking_mails'),
    ]

    operations = [
        migrations.RunPython(make_anew, migrations.RunPython.noop, elidable=True),
    ]
