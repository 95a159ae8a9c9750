"""What ends the embargo is an announcement: a release is a version of the timetable. Who may decide one keeps that right."""

import django.db.models.deletion
from django.db import migrations, models

NAMES = {
    "view_release": ("view_announcement", "Can view announcement"),
    "decide_release": ("decide_announcement", "Can propose and approve announcements"),
}
OLD_NAMES = {
    "view_announcement": ("view_release", "Can view release"),
    "decide_announcement": ("decide_release", "Can propose and approve releases"),
}


def _rename(apps, schema_editor, names):
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias).filter(content_type__app_label="prizes")
    for old, (new, name) in names.items():
        permissions.filter(codename=old).update(codename=new, name=name)


def rename(apps, schema_editor):
    _rename(apps, schema_editor, NAMES)
    apps.get_model("events", "HistoryEntry").objects.using(schema_editor.connection.alias).filter(model="prizes.release").update(model="prizes.announcement")


def rename_back(apps, schema_editor):
    _rename(apps, schema_editor, OLD_NAMES)
    apps.get_model("events", "HistoryEntry").objects.using(schema_editor.connection.alias).filter(model="prizes.announcement").update(model="prizes.release")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("events", "0012_history"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("prizes", "0006_changes_by_question"),
    ]

    operations = [
        migrations.RemoveConstraint("release", "release_once"),
        migrations.RemoveConstraint("release", "release_by_two"),
        migrations.RenameModel("Release", "Announcement"),
        migrations.AlterModelOptions(
            "announcement",
            {
                "default_permissions": ("view",),
                "ordering": ["-proposed", "-pk"],
                "permissions": [("decide_announcement", "Can propose and approve announcements")],
                "verbose_name": "announcement",
                "verbose_name_plural": "announcements",
            },
        ),
        migrations.AlterField(
            "announcement",
            "edition",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="announcements",
                to="prizes.edition",
                verbose_name="edition",
            ),
        ),
        migrations.AddConstraint(
            "announcement",
            models.UniqueConstraint(
                condition=models.Q(("state", "withdrawn"), _negated=True),
                fields=("edition", "kind"),
                name="announcement_once",
                violation_error_message="This announcement is proposed already.",
            ),
        ),
        migrations.AddConstraint(
            "announcement",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("approved__isnull", False),
                        models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="announcement_by_two",
                violation_error_message="A second organiser has to approve.",
            ),
        ),
        migrations.RunPython(rename, rename_back),
    ]
