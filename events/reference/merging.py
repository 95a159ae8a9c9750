"""Merging two rows of one organisation: whatever named the one names the other afterwards, and the name that goes still
finds it.

Both rows are locked first, in the order of their keys, so that two who merge at once wait for each other, and the second one
hears that there is nothing left to merge. Who names an organisation takes the same lock (`organisations.locked`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, ProtectedError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from events.models import Organisation, OrganisationName, User
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision

TAKEN_OVER = ("acronym", "country_id", "website")  # where the one that stays says nothing


@transaction.atomic
def check(organisation: Organisation, *, by: User, now: datetime) -> Organisation:
    """An organiser has looked at a new organisation: from now on it is offered to people. Twice changes nothing."""
    row = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if not row.is_checked:
        row.is_checked = True
        row.save(update_fields=["is_checked", "updated"])
        history.record(row, verb=Verb.CHECK_ORGANISATION, by=by, now=now)
    return row


def uses(organisation: Organisation) -> list[tuple[str, int]]:
    """(what, how many) of the rows that name an organisation, by the words of their tables. One query for each table."""
    counted = [
        (_of_table(model), model._base_manager.filter(**{name: organisation}).count())
        for model, name in _named_in()
        if model is not OrganisationName
    ]
    return [(words, number) for words, number in counted if number]


def forget_unused(keys: Iterable[int | None]) -> set[str]:
    """Delete those of these organisations (by key) that somebody typed, no organiser has looked at, and nobody names any more;
    return their names. Inside a transaction. Twice changes nothing."""
    rows = Organisation.objects.filter(pk__in=[key for key in keys if key], is_checked=False)
    unused = [row for row in rows.select_for_update(no_key=True).order_by("pk") if not uses(row)]
    Organisation.objects.filter(pk__in=[row.pk for row in unused]).delete()
    return {row.name for row in unused}


def _of_table(model: type[Model]) -> str:
    """The words for the rows of a table; of one between two models those of the other one."""
    between: Any = model._meta.auto_created
    return capfirst(str((between or model)._meta.verbose_name_plural))


@transaction.atomic
def merge(organisation: Organisation, *, into: Organisation, by: User, now: datetime) -> Organisation:
    """Make two rows one: `organisation` goes, `into` stays and counts as checked. Return it.

    Refuses `same-organisation`, `merged-already` (one of them is gone), and `used-meanwhile` (a row that names the one that
    goes was written in this moment).
    """
    if organisation.pk == into.pk:
        raise ValidationError(_("This is the same organisation. Choose another one"), code="same-organisation")
    rows = Organisation.objects.select_for_update(no_key=True).order_by("pk")
    found = {row.pk: row for row in rows.filter(pk__in=[organisation.pk, into.pk])}
    if len(found) < 2:
        raise ValidationError(_("One of the two is merged or deleted already"), code="merged-already")
    old, new = found[organisation.pk], found[into.pk]
    for model, name in _named_in():
        _rename_in(model, name, old=old, new=new)
    try:
        Organisation.objects.filter(pk=old.pk).delete()
    except ProtectedError:
        words = _("Somebody used this organisation in this moment. Merge it again")
        raise ValidationError(words, code="used-meanwhile") from None
    _keep_name(old, new=new)
    for column in TAKEN_OVER:
        setattr(new, column, getattr(new, column) or getattr(old, column))
    new.is_checked = True
    new.save()
    before = {"name": old.name, "acronym": old.acronym}
    history.record(new, verb=Verb.MERGE_ORGANISATION, by=by, now=now, before=before, reason=old.name)
    revision.bump()
    return new


def _named_in() -> Iterator[tuple[type[Model], str]]:
    """The models of all apps with a column that names an organisation, and the column: people before what they did, as the
    apps name their models. The tables between two models are among them."""
    for relation in Organisation._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            yield relation.related_model, relation.field.name  # type: ignore[union-attr, misc]


def _rename_in(model: type[Model], name: str, *, old: Organisation, new: Organisation) -> None:
    """Let the rows of a table name the other organisation; those that would stand there twice go."""
    rows = model._base_manager.filter(**{name: old})
    for others in _unique_beside(model, name):
        twins = model._base_manager.filter(**{name: new}, **{other: OuterRef(other) for other in others})
        rows.filter(Exists(twins)).delete()
    rows.update(**{name: new})


def _unique_beside(model: type[Model], name: str) -> Iterator[list[str]]:
    """The columns with which a column may stand once."""
    constraints = [constraint.fields for constraint in model._meta.total_unique_constraints]
    for fields in [*constraints, *model._meta.unique_together]:
        if name in fields:
            yield [field for field in fields if field != name]


def _keep_name(old: Organisation, *, new: Organisation) -> None:
    """Whoever types the name that went means the one that stayed."""
    if (
        old.name.casefold() != new.name.casefold()
        and not OrganisationName.objects.filter(name__iexact=old.name).exists()
    ):
        OrganisationName.objects.create(organisation=new, name=old.name, is_typed=not old.is_checked)
