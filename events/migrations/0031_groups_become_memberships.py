from django.db import migrations
from django.utils import timezone

ROLES = (
    "organisers",
    "programme",
    "proposal reviewers",
    "registration desk",
    "prize officers",
    "experts",
)
# What a superuser might do alone, in the roles that there are now.
OF_SUPERUSERS = ("supervisors", "organisers", "prize officers")


def give_memberships(apps, schema_editor):
    """Who was in a group has its role in all forums. Superusers get roles, and are none any more.

    The groups stay as they were for the older version, which may run for a while yet; superusers are put into them for it.
    """
    database = schema_editor.connection.alias
    user, group, membership = (
        apps.get_model(label) for label in ("events.User", "auth.Group", "events.Membership")
    )
    users, now = user.objects.using(database), timezone.now()
    in_groups = user.groups.through.objects.using(database)
    wanted = set(in_groups.filter(group__name__in=ROLES).values_list("user_id", "group__name"))
    superusers = list(users.filter(is_superuser=True).values_list("pk", flat=True))
    wanted |= {(pk, role) for pk in superusers for role in OF_SUPERUSERS}
    membership.objects.using(database).bulk_create(
        [
            membership(account_id=pk, role=role, given_at=now, agreed_at=now)
            for pk, role in sorted(wanted)
        ],
        ignore_conflicts=True,
    )
    groups = group.objects.using(database)
    for name in OF_SUPERUSERS[1:] if superusers else ():
        found, _is_new = groups.get_or_create(name=name)
        in_groups.bulk_create(
            [user.groups.through(user_id=pk, group_id=found.pk) for pk in superusers], ignore_conflicts=True
        )
    users.filter(pk__in=superusers).update(is_superuser=False, is_staff=True)
    held = membership.objects.using(database).values("account_id")
    users.filter(is_staff=True).exclude(pk__in=held).update(is_staff=False)


class Migration(migrations.Migration):
    dependencies = [("events", "0030_memberships"), ("auth", "0012_alter_user_first_name_max_length")]

    deploy_note = "Some dozens of rows: one for each role of a member of the staff, and the accounts of superusers."

    operations = [migrations.RunPython(give_memberships, migrations.RunPython.noop, elidable=True)]
