"""People who registered before name their organisation by its text alone: where this is the very name of one that is known,
they belong to it, and so did they when they entered sessions. Others stay without one until somebody changes the answer."""

from django.db import migrations
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Lower

BATCH = 2000


def name_organisations(apps, schema_editor):
    using = schema_editor.connection.alias
    organisation = apps.get_model("events", "Organisation").objects.using(using).annotate(low=Lower("name"))
    named = Subquery(organisation.filter(low=Lower(OuterRef("organisation"))).values("pk")[:1])
    rows = apps.get_model("registration", "Registration").objects.using(using)
    keys = list(rows.exclude(organisation="").filter(affiliation=None).order_by("pk").values_list("pk", flat=True))
    attendances = apps.get_model("registration", "Attendance").objects.using(using)
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        rows.filter(pk__in=part).update(affiliation=named)
        theirs = Subquery(rows.filter(pk=OuterRef("registration")).values("affiliation")[:1])
        attendances.filter(registration__in=part).update(organisation=theirs)


class Migration(migrations.Migration):
    atomic = False
    deploy_note = (
        "It fills the new columns of people who named a known organisation, 2,000 people at a time; it can be run again. "
        "Old code goes on writing the text alone."
    )

    dependencies = [("registration", "0015_index_of_affiliations")]

    operations = [migrations.RunPython(name_organisations, migrations.RunPython.noop)]
