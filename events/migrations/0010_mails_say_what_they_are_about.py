from django.db import migrations, models

# Kind of mail → the place in its key, up to now the only place that said of which row the mail speaks.
PLACES = {"reminder": 2}
WITHOUT_A_ROW = ("account",)
ROWS = 1000


def name_rows(apps, schema_editor):
    """Write down once what the keys of the mails so far say."""
    message = apps.get_model("events", "Message")
    rows = message.objects.using(schema_editor.connection.alias).filter(about=None).exclude(kind__in=WITHOUT_A_ROW)
    found = []
    for row in rows.only("kind", "dedupe_key").order_by("pk").iterator(ROWS):
        parts = row.dedupe_key.split(":")
        place = PLACES.get(row.kind, 1)
        number = parts[place] if len(parts) > place else ""
        if row.kind == "proposal-editor":  # an invitation to edit: the last number names it
            number = parts[-1]
        elif row.kind == "review-assigned":  # expert, first and last review
            number = parts[-1].partition("-")[0]
        if number.isdecimal():
            row.about = int(number)
            found.append(row)
        if len(found) == ROWS:
            message.objects.using(schema_editor.connection.alias).bulk_update(found, ["about"])
            found = []
    message.objects.using(schema_editor.connection.alias).bulk_update(found, ["about"])


class Migration(migrations.Migration):
    dependencies = [("events", "0009_search_plurals")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="about",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="The row of which a mail of this kind speaks.", null=True, verbose_name="about"
            ),
        ),
        migrations.RunPython(name_rows, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("about__isnull", False)), fields=["about", "kind"], name="message_about"
            ),
        ),
    ]
