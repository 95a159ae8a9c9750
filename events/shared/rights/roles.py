"""What each role may do. Every app writes down its own part after each migration, in the Django group of the role's name.

Who has which role where: events.shared.rights.memberships.
"""

from collections import defaultdict
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps  # a flush sends no `apps`
from django.contrib.auth.management import create_permissions

from events.models import Role
from events.shared.rights import hooks
from events.shared.rights.hooks import Extra, Grants

SUPERVISORS = Role.SUPERVISOR.value
ORGANISERS = Role.ORGANISER.value
PROGRAMME = Role.PROGRAMME.value
REGISTRATION_DESK = Role.REGISTRATION_DESK.value
REVIEWERS = Role.PROPOSAL_REVIEWER.value

VIEW = ("view",)
EDIT = ("view", "change")
WRITE = ("view", "add", "change")
ALL = ("view", "add", "change", "delete")

PROGRAMME_MODELS = (
    "session",
    "appearance",
    "document",
    "speaker",
    "outcome",
    "sessionreport",
    "commitment",
    "organisation",
    "organisationname",
    "partner",
    "practicalpage",
    "news",
    "track",
    "room",
    "sessiontype",
    "theme",
    "searchwords",
    "matrixlink",
    "availability",
    "wish",
)
REFERENCE_MODELS = ("actionline", "sdg", "country")
# The call and its questions; what is proposed is read, and moved by verbs that have rights of their own.
PROPOSALS = {
    **dict.fromkeys(("call", "question", "hostedsession"), ALL),
    "proposal": ("view", "decide", "score"),
}
GRANTS: Grants = {
    # Supervisors give roles, and close accounts of staff; to do anything else they need another role.
    SUPERVISORS: {
        "membership": ("view", "give"),
        "approval": VIEW,
        "user": EDIT,
        "forum": ("view", "archive"),
        "historyentry": VIEW,
        "viewing": VIEW,
    },
    ORGANISERS: {
        **dict.fromkeys((*PROGRAMME_MODELS, *REFERENCE_MODELS), ALL),
        "forum": (*ALL, "archive"),
        "commitmentreport": ("view", "change", "delete"),
        "release": ("view", "add"),
        **PROPOSALS,
        "user": ("view", "add", "change"),
        "membership": VIEW,
        "message": EDIT,
        "mailing": WRITE,
        "mailtext": EDIT,
        "suppressedaddress": ("view", "free"),
        "audience": VIEW,
        "historyentry": VIEW,
    },
    PROGRAMME: {
        **dict.fromkeys(PROGRAMME_MODELS, ALL),
        "commitmentreport": ("view", "change", "delete"),
        **dict.fromkeys(REFERENCE_MODELS, VIEW),
        "forum": EDIT,
        "release": ("view", "add"),
        "historyentry": VIEW,
        "mailing": WRITE,
        **PROPOSALS,
    },
    REVIEWERS: {"proposal": ("view", "score"), "call": VIEW},
    REGISTRATION_DESK: {
        **dict.fromkeys(("forum", "session", "room", "track", "country", "organisation"), VIEW),
        "mailing": WRITE,
    },
}


@hooks.grants("events")
def grants() -> tuple[Grants, Extra]:
    """The part of this app."""
    return GRANTS, {}


def grant(sender: AppConfig, *, using: str, apps: Any = installed_apps, **_kwargs: Any) -> None:
    """After a migration or a flush: each role gets for an app what hangs on `hooks.grants`, and nothing else. Groups that
    are missing are made. Doing it twice changes nothing.

    Permissions are made first, because this may run before Django's own step, and after a flush there are none.
    """
    parts = [function() for function in hooks.grants.of(sender.label)]
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        content_type_model = apps.get_model("contenttypes", "ContentType")
    except LookupError:  # a partial migration: the step after the last one does it
        return
    if parts:
        create_permissions(sender, verbosity=0, interactive=False, using=using, apps=apps)
    permissions = permission_model.objects.using(using)
    wanted: dict[str, set[str]] = defaultdict(set)
    for models_of, extra in parts:
        for codename, name in extra.items():
            model = codename.split("_", 1)[1]
            kind = content_type_model.objects.db_manager(using).get(app_label=sender.label, model=model)
            permissions.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
        wanted[ORGANISERS] |= set(extra)
        for role, models in models_of.items():
            wanted[role] |= {f"{verb}_{model}" for model, verbs in models.items() for verb in verbs}
    of_app = permissions.filter(content_type__app_label=sender.label)
    for role in Role.values if parts else ():
        group, _is_new = group_model.objects.using(using).get_or_create(name=role)
        group.permissions.add(*of_app.filter(codename__in=wanted[role]))
    group_permissions = group_model.permissions.through.objects.using(using)
    for role in Role.values:
        surplus = of_app.exclude(codename__in=wanted[role])
        group_permissions.filter(group__name=role, permission__in=surplus).delete()
