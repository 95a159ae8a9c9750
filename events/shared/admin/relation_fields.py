"""Relations in the organisers' forms: what is no key (words, a NUL, a number of twenty digits) is refused, never a 500.

Django's autocomplete asks the database for whatever was sent when it shows a refused form again, and a list of keys
before it looks at each; neither takes what is no key at all.
"""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import models

from events.shared.admin.admin_page_bases import SeenRows
from events.shared.admin.current_forum import PARAMETER, current_forum
from events.shared.formatting.names import row_name
from events.shared.rights import memberships


def is_key(value, *, field):
    """Whether a sent text can be the key that the model's `field` holds; it need not exist."""
    text = str(value)
    try:
        field.run_validators(field.to_python(text))
    except ValidationError:
        return False
    return "\0" not in text


def target_of(relation):
    """The field whose values the model's `relation` holds: the key of the other side, or what it names instead."""
    remote = relation.remote_field
    other = remote.model._meta
    return other.get_field(getattr(remote, "field_name", None) or other.pk.name)


class _KeysOnly:
    """Shows again what can be a key; the rest has an error beside it and no row that it could name. `forum`: that of the
    page, whose rows are suggested."""

    forum = None

    def get_url(self):
        url = super().get_url()
        return f"{url}?{urlencode({PARAMETER: self.forum.slug})}" if self.forum else url

    def optgroups(self, name, value, attr=None):
        target = target_of(self.field)  # type: ignore[attr-defined]
        return super().optgroups(name, [sent for sent in value if is_key(sent, field=target)], attr)


class KeySelect(_KeysOnly, AutocompleteSelect):
    """`known`: the row that the form names, where the page has read it along with its own."""

    known = None

    def optgroups(self, name, value, attr=None):
        key = self.known and str(getattr(self.known, target_of(self.field).attname))
        if list(value) != [key]:
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", selected=False, index=0)]
        label = self.choices.field.label_from_instance(self.known)
        return [(None, [*options, self.create_option(name, key, label, selected=True, index=len(options))], 0)]


class KeySelectMultiple(_KeysOnly, AutocompleteSelectMultiple):
    pass


class KeysField(forms.ModelMultipleChoiceField):
    def clean(self, value):
        target = self.queryset.model._meta.get_field(self.to_field_name or self.queryset.model._meta.pk.name)
        for sent in self.prepare_value(value) or ():
            if not is_key(sent, field=target):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": sent}
                )
        return super().clean(value)


class KeysMixin(SeenRows):
    """For every admin and inline of the site: their relations take keys only, and of rows that may be named there."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """With choices that are called as in the page's language."""
        if isinstance(db_field, models.ForeignKey | models.ManyToManyField):
            kwargs = self._relation(db_field, request) | kwargs
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField):
            field.label_from_instance = row_name
        return field

    def _relation(self, db_field, request):
        """How the field of a relation is made: which rows it offers and takes, and from what they are chosen."""
        is_many, other = isinstance(db_field, models.ManyToManyField), db_field.remote_field.model
        made: dict[str, Any] = {"form_class": KeysField} if is_many else {}
        if db_field.name in self.get_autocomplete_fields(request):
            made["widget"] = widget = (KeySelectMultiple if is_many else KeySelect)(db_field, self.admin_site)
            widget.forum = current_forum(request)
        if memberships.forum_paths(other):
            page = getattr(request, "resolver_match", None)
            right = self.right("change" if page and "object_id" in page.kwargs else "add")
            rows = self.get_field_queryset(None, db_field, request)  # as the list of the others sorts them
            made["queryset"] = memberships.seen(
                other._default_manager.all() if rows is None else rows, request.user, right
            )
        return made
