"""Changes of nominations that wait name each text on a goal by its question (`linkage_9`), as the form does."""

from django.db import migrations


def name_each(apps, schema_editor):
    for row in apps.get_model("prizes", "Nomination").objects.using(schema_editor.connection.alias).filter(changes__has_key="linkages"):
        texts = row.changes.pop("linkages")
        stored = dict(row.linkages.values_list("sdg_id", "text"))
        gone = {f"linkage_{number}": "" for number in stored if str(number) not in texts}
        changed = {f"linkage_{number}": text for number, text in texts.items() if stored.get(int(number)) != text}
        row.changes |= gone | changed
        row.save(update_fields=["changes"])


def name_together(apps, schema_editor):
    for row in apps.get_model("prizes", "Nomination").objects.using(schema_editor.connection.alias).exclude(changes={}):
        changed = {name: row.changes.pop(name) for name in list(row.changes) if name.startswith("linkage_")}
        if changed:
            texts = dict(row.linkages.values_list("sdg_id", "text"))
            texts |= {int(name.removeprefix("linkage_")): text for name, text in changed.items()}
            row.changes["linkages"] = {str(number): text for number, text in texts.items() if text}
            row.save(update_fields=["changes"])


class Migration(migrations.Migration):
    dependencies = [("prizes", "0005_one_history")]
    operations = [migrations.RunPython(name_each, name_together)]
