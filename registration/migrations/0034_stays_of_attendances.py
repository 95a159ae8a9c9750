"""Attendances of before get stays from which they would follow: one from the first to the last moment that somebody was seen, where they
came once; else as many without an end as they came, the first at the first moment and the others at the last."""

from django.db import migrations
from django.db.models import Exists, OuterRef

BATCH = 2000


def stays_of(stay, row):
    own = {"registration_id": row.registration_id, "session_id": row.session_id, "source": row.source}
    if row.entries == 1:
        ended = row.last_seen if row.last_seen > row.first_seen else None
        return [stay(began=row.first_seen, ended=ended, **own)]
    later = [stay(began=row.last_seen, **own) for _entry in range(row.entries - 1)]
    return [stay(began=row.first_seen, **own), *later]


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    stay = apps.get_model("registration", "Stay")
    rows = apps.get_model("registration", "Attendance").objects.using(using)
    rows.filter(source="import").update(source="hand")
    same = stay.objects.using(using).filter(registration=OuterRef("registration"), session=OuterRef("session"))
    keys = list(rows.filter(~Exists(same)).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        part = rows.filter(pk__in=keys[start : start + BATCH])
        stay.objects.using(using).bulk_create(made for row in part for made in stays_of(stay, row))


class Migration(migrations.Migration):
    atomic = False
    deploy_note = (
        "It writes stays of attendances that have none, 2,000 attendances at a time; it can be run again. Attendances that old code "
        "writes after it have no stay: they count as before, for a time that is not known."
    )

    dependencies = [("registration", "0033_stays")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
