"""Two themes more on sites that have themes already; a new one gets all of them with its reference rows."""

from django.db import migrations

ADDED = {"covid-19": "COVID-19", "well-being": "Well-being"}


def add(apps, schema_editor):
    themes = apps.get_model("events", "Theme")._base_manager.using(schema_editor.connection.alias)
    last = themes.order_by("order").last()
    for place, (code, name) in enumerate(ADDED.items(), start=1):
        if last:
            themes.get_or_create(code=code, defaults={"name": name, "order": last.order + place})


class Migration(migrations.Migration):
    dependencies = [("events", "0076_search_words")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
