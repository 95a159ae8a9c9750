"""Texts of sessions and words of chairs move from rows of their own into the column `translations` of what they belong to. Old code
goes on with the two tables meanwhile; the version after this one drops them."""

from django.db import migrations, models

from events.models.columns import translations

SESSION, CHAIR = ("title", "description"), ("chair_title", "chair_message")


def move(apps, schema_editor):
    for name, owner, parts in [("SessionText", "session", SESSION), ("ForumText", "forum", CHAIR)]:
        texts = apps.get_model("events", name).objects.using(schema_editor.connection.alias)
        for text in texts.select_related(owner).iterator():
            row = getattr(text, owner)
            said = {part: getattr(text, part) for part in parts if getattr(text, part)}
            row.refresh_from_db(fields=["translations"])  # two texts of one row come one after the other
            row.translations[text.language] = row.translations.get(text.language, {}) | said
            row.save(update_fields=["translations"])


def move_back(apps, schema_editor):
    for name, owner, parts in [("SessionText", "session", SESSION), ("ForumText", "forum", CHAIR)]:
        texts, rows = (apps.get_model("events", one).objects.using(schema_editor.connection.alias) for one in (name, owner))
        for row in rows.exclude(translations={}).iterator():
            for language, said in row.translations.items():
                if found := {part: said.pop(part) for part in parts if part in said}:
                    empty = {"title": row.title} if owner == "session" else {}
                    texts.create(**{owner: row}, language=language, **empty | found)
            row.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("events", "0056_mail_texts_and_suppressed_addresses")]
    deploy_note = "Some hundred rows: sessions and forums with texts in further languages. The two tables lose their references only."

    operations = [
        migrations.AddField("session", "translations", translations()),
        migrations.AlterField("practicalpage", "translations", translations()),
        migrations.AlterField(
            model_name="sessiontext",
            name="session",
            field=models.ForeignKey("events.session", models.CASCADE, db_constraint=False, related_name="texts"),
        ),
        migrations.AlterField(
            model_name="forumtext",
            name="forum",
            field=models.ForeignKey("events.forum", models.CASCADE, db_constraint=False, related_name="texts"),
        ),
        migrations.RunPython(move, move_back),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("SessionText"), migrations.DeleteModel("ForumText")]
        ),
    ]
