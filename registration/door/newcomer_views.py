"""The page on which who holds a pass of a desk registers somebody on the spot."""

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from events.models.reference import StakeholderType
from events.shared.drafts import fields
from events.shared.pages.refusals import show_refusal
from registration.door import door_views, newcomers
from registration.models import DoorPass
from registration.registering import kinds
from registration.registering.kinds import Offer

MISSING = {
    "name": _("Enter the name"),
    "country": _("Choose the country that they represent"),
    "stakeholder_type": _("Choose the type of the organisation"),
    "kind": _("Choose in what capacity they take part"),
    "consent": _("Read the privacy notice to them, and ask whether they agree"),
}


class NewcomerForm(forms.Form):
    use_required_attribute = False

    key = forms.UUIDField(widget=forms.HiddenInput)
    email = fields.email(_("E-mail"), is_needed=True, hint=_("Their ticket goes there. Read it back to them"))
    name = fields.line(_("Name"), length=150, is_needed=True)
    organisation = fields.line(_("Organisation"), length=200)
    stakeholder_type = fields.choice(
        _("Type of organisation"), choices=[("", "—"), *StakeholderType.choices], is_list=True, is_needed=True
    )
    country = fields.country()
    kind = fields.choice(
        _("In what capacity do they take part?"), choices=[], is_needed=True, coerce=int, empty_value=None
    )
    consent = fields.box_to_tick(_("They have heard what the privacy notice says, and said that they agree"))

    def __init__(self, *args: Any, offered: list[Offer], has_kinds: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if has_kinds:
            self.fields["kind"].choices = kinds.names(offered, kept=None)  # type: ignore[attr-defined]
        else:
            del self.fields["kind"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, words in MISSING.items():
            if name in self.fields and name not in self.errors and not given.get(name):
                self.add_error(name, ValidationError(words, code="missing"))
        return given


@door_views.for_holders
def newcomer(request: HttpRequest, door_pass: DoorPass, *, now: datetime) -> HttpResponse:
    """The form. POST registers and lets in, and leads back to the door, which says so. Needs a line: nothing is kept on the
    device. For a pass that may not register people there is no such page."""
    if not door_pass.registers_people:
        raise Http404
    offered = newcomers.offered(door_pass, now=now)
    has_kinds = bool(kinds.of(door_pass.door.forum_id))
    form = NewcomerForm(
        request.POST if request.method == "POST" else None,
        initial={"key": uuid.uuid4()},
        offered=offered,
        has_kinds=has_kinds,
    )
    if form.is_valid():
        try:
            scan = newcomers.register(door_pass, data=form.cleaned_data, key=form.cleaned_data["key"], now=now)
        except ValidationError as refusal:
            show_refusal(form, refusal, fields={"other-person": "email", "no-consent": "consent"})
        else:
            page = reverse("registration:door", args=[door_pass.door.forum.slug])
            return HttpResponseRedirect(f"{page}?{urlencode({'scan': str(scan.key)})}")
    context = {"forum": door_pass.door.forum, "door": door_pass.door, "form": form}
    context["is_full"] = has_kinds and not offered
    return render(request, "registration/door/newcomer.html", context)
