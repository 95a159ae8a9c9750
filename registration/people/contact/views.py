"""The contact page: the secretariat's address, and a form that reaches it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import User
from events.shared.drafts import fields
from events.shared.mail.envelope import secretariat
from events.shared.pages.personal import arrival, private
from events.shared.pages.refusals import is_taken
from registration.people.accounts.log_ins.networks import network_of
from registration.people.contact import contact as rules


class ContactForm(forms.Form):
    use_required_attribute = False

    name = fields.line(gettext_lazy("Name"), length=150, autocomplete="name")
    address = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("We answer to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={"required": fields.EMAIL, "invalid": fields.EMAIL},
    )
    subject = fields.line(gettext_lazy("What is it about?"), length=120, is_needed=True)
    message = fields.box(
        gettext_lazy("Message"), length=5000, hint=gettext_lazy("At most 5,000 characters."), is_needed=True
    )


@private
def contact(request: HttpRequest) -> HttpResponse:
    """Where the secretariat is reached. A POST writes to it; what was typed stays where it is refused."""
    user = request.user if isinstance(request.user, User) else None
    form = ContactForm(request.POST or None, initial={"name": user.name, "address": user.email} if user else None)
    sent = {"network": network_of(request.META), "now": arrival(request)}
    if form.is_bound and is_taken(form, rules.write, **sent):
        messages.success(request, _("Your message is on its way to the secretariat."))
        return HttpResponseRedirect(request.path)
    return render(request, "registration/contact/contact.html", {"form": form, "address": secretariat()})
