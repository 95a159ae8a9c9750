"""Two forums with a row of every model of the admin in each: the own one of a team, and a hidden one of another team."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from events.models import Forum, MailText, Membership, Proposal
from events.shared.admin.admin_page_bases import admins_of
from events.shared.rights import memberships
from tests.admin.rows import MAKERS
from tests.events.proposals.factories import fill
from tests.factories import ForumFactory

HIDDEN = "Xanadu"  # stands in every text of the hidden forum, and nowhere else
WORDS = {
    "title",
    "name",
    "theme",
    "chair",
    "subject",
    "text",
    "reason",
    "note",
    "description",
    "comment",
    "entity_name",
}
APPS = ("events", "registration", "prizes")
OF_FORUMS = sorted(
    (model for model in admins_of(admin.site) if memberships.forum_paths(model)), key=lambda model: model._meta.label
)
# What has a list of rows: the texts of mails stand on a page of all kinds.
LISTED = [model for model in OF_FORUMS if model is not MailText]
# A row of these belongs to the whole site, or to a forum of its own, as they are made; and why one is made otherwise.
OWN_MAKERS = {
    Forum: lambda: ForumFactory(),
    Proposal: lambda: fill(MAKERS[Proposal]()),  # who only scores reads what is submitted
}


@dataclass
class World:
    """The two forums; `own` and `hidden` hold a row of each model that has a forum."""

    forum: Forum
    other: Forum
    own: dict[type[models.Model], Any]
    hidden: dict[type[models.Model], Any]


def make():
    """The hidden forum is made first; then its address is another, and the same makers make the own one."""
    hidden = _rows()
    other = hidden[Forum]
    _mark()
    Forum.objects.filter(pk=other.pk).update(slug="xanadu", is_public=False, place=HIDDEN)
    other.refresh_from_db()
    own = _rows()
    return World(own[Forum], other, own, hidden)


def _rows():
    rows = {model: OWN_MAKERS.get(model, MAKERS[model])() for model in OF_FORUMS}
    for model in OF_FORUMS:
        if memberships.forum_paths(model) == ("forum",) and rows[model].forum != rows[Forum]:
            model.objects.filter(pk=rows[model].pk).update(forum=rows[Forum])
            rows[model].refresh_from_db()
    return rows


def _mark():
    """Write the word into every text of what there is of a forum."""
    ours = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    for model in [one for one in ours if memberships.forum_paths(one) and one is not Membership]:
        word = Concat(Value(f"{HIDDEN} "), Cast("pk", models.CharField()), output_field=models.TextField())
        texts = {
            field.name: word
            for field in model._meta.concrete_fields
            if field.name in WORDS and isinstance(field, models.CharField | models.TextField) and not field.choices
        }
        if texts:
            model._base_manager.update(**texts)


def everything():
    """All permissions that there are for the models of the site."""
    found = Permission.objects.filter(content_type__app_label__in=APPS).select_related("content_type")
    return [f"{one.content_type.app_label}.{one.codename}" for one in found]
