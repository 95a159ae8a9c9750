"""There are no superusers any more: the flag gives no right, and is taken off everybody.

Who had it becomes a supervisor of all forums where nobody else could give roles in all of them; else nothing but the flag
goes, and with it the way into the organisers' site of who has no role.
"""

from django.db import migrations, models
from django.utils import timezone

SUPERVISOR = "supervisors"


def take_off(apps, schema_editor):
    database = schema_editor.connection.alias
    users = apps.get_model("events", "User").objects.using(database)
    memberships = apps.get_model("events", "Membership").objects.using(database)
    flagged = list(users.filter(is_superuser=True).order_by("pk").values_list("pk", "is_active"))
    supervisors = memberships.filter(role=SUPERVISOR, forum=None, agreed_at__isnull=False, account__is_active=True)
    if flagged and not supervisors.exists():
        now = timezone.now()
        for account in (pk for pk, is_active in flagged if is_active):
            values = {"given_at": now, "agreed_at": now}
            memberships.update_or_create(account_id=account, role=SUPERVISOR, forum=None, defaults=values)
    in_force = ~models.Q(role__in=(SUPERVISOR, "prize officers", "experts")) | models.Q(agreed_at__isnull=False)
    held = memberships.filter(in_force).values("account")
    of_flag = users.filter(pk__in=[pk for pk, _is_active in flagged])
    of_flag.exclude(pk__in=held).update(is_staff=False)
    of_flag.filter(pk__in=held).update(is_staff=True)
    of_flag.update(is_superuser=False)


class Migration(migrations.Migration):
    dependencies = [("events", "0036_places_in_sessions")]

    deploy_note = "Some rows: the accounts that have the flag."

    operations = [migrations.RunPython(take_off, migrations.RunPython.noop, elidable=True)]
