from django.conf import settings
from django.db import migrations

ROWS = 1000
# The verbs of early versions had spaces.
RENAMED = {
    verb: verb.replace(" ", "-")
    for verb in ("choose winner", "unchoose winner", "propose release", "approve release", "withdraw release")
}


def take_over(apps, schema_editor):
    """The log of the prize becomes a part of the one history; what was `from` and `to` is `before` and `after`."""
    using = schema_editor.connection.alias
    entry, old = apps.get_model("events", "HistoryEntry"), apps.get_model("prizes", "AuditEntry")
    rows = old.objects.using(using).order_by("pk").values(
        "edition", "edition__forum", "actor", "at", "verb", "subject", "reason", "details"
    )
    found = []
    for row in rows.iterator(ROWS):
        details = row["details"]
        has_both = bool(details) and set(details) <= {"from", "to"}
        found.append(
            entry(
                forum_id=row["edition__forum"],
                actor_id=row["actor"],
                at=row["at"],
                verb=RENAMED.get(row["verb"], row["verb"]),
                model="prizes.edition",
                key=str(row["edition"]),
                subject=row["subject"],
                before=_as_values(details.get("from", {})) if has_both else {},
                after=_as_values(details.get("to", {})) if has_both else details,
                reason=row["reason"],
            )
        )
        if len(found) == ROWS:
            entry.objects.using(using).bulk_create(found)
            found = []
    entry.objects.using(using).bulk_create(found)


def _as_values(said):
    """The dates of a phase were a list of two."""
    return dict(zip(("starts", "ends"), said, strict=False)) if isinstance(said, list) else said


def keep_rights(apps, schema_editor):
    """Who was given the right to read the log reads it from now on by the right of the edition."""
    using = schema_editor.connection.alias
    permission, kind = apps.get_model("auth", "Permission"), apps.get_model("contenttypes", "ContentType")
    old = permission.objects.using(using).filter(codename="view_auditentry", content_type__app_label="prizes").first()
    edition = kind.objects.using(using).filter(app_label="prizes", model="edition").first()
    if old and edition:
        old.codename, old.name, old.content_type = "log_edition", "Can read the log of the prize", edition
        old.save(using=using)


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_history"),
        ("prizes", "0004_recounts"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="edition",
            options={
                "ordering": ["-forum__starts"],
                "permissions": [
                    ("publish_edition", "Can publish the nominees"),
                    ("count_edition", "Can count the votes"),
                    ("close_edition", "Can close an edition for good"),
                    ("log_edition", "Can read the log of the prize"),
                ],
                "verbose_name": "prize edition",
                "verbose_name_plural": "prize editions",
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RunPython(keep_rights, migrations.RunPython.noop),
        migrations.DeleteModel(name="AuditEntry"),
    ]
