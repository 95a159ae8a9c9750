"""Pages of accounts. Staff open and close them; nobody sets the password of another, changes the address by which they sign
in, or gives a right here: roles are given on a page of their own (memberships_admin.py)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from allauth.account import app_settings
from allauth.account.forms import ResetPasswordForm
from allauth.utils import get_form_class
from django import forms
from django.contrib import admin
from django.contrib.auth import admin as djangos_own  # noqa: F401  it registers the groups, which leave below
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Approval, SuppressedAddress, User
from events.shared.admin.admin_bases import SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage, admins_of
from events.shared.admin.form_parts import Head
from events.shared.admin.lists import cells
from events.shared.admin.word_search import WordSearch, beginning, either
from events.shared.formatting import addresses
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.rights import hooks, memberships

ACCOUNT = section(
    ["email", "name"],
    gettext_lazy("People sign in with this address, by a code that we mail to it or by a password that they choose."),
)


class AccountForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["email", "name", "language", "time_zone", "is_active"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        return email if email == self.instance.email else addresses.canonical(email)

    def clean_is_active(self) -> bool:
        is_active = bool(self.cleaned_data["is_active"])
        if self.instance.is_active and not is_active:
            memberships.check_may_close(self.instance, by=self.instance.reader)
        return is_active

    def given(self) -> dict[str, Any]:
        return {"names": self.changed_data}


def _add(account: User, *, names: list[str], by: User, now: datetime) -> None:
    account.set_unusable_password()
    account.save()


def _change(account: User, *, names: list[str], by: User, now: datetime) -> None:
    """Save the columns with these `names`, and nothing else: a role or a password may have come since the row was read."""
    account.save(update_fields=names)
    if account.is_staff and "is_active" in names:
        for function in hooks.staff_account_closed.of():
            function(account, by, now)


@admin.register(User)
class UserAdmin(WordSearch, SiteAdmin):
    shown_person = "pk"
    form = AccountForm  # no times of the clock on it
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "language"]
    is_found_by_keys = True
    search_fields = ["email", "name"]
    search_help_text = gettext_lazy("Search by the beginning of names, or of the address.")
    ordering = ["email"]
    date_hierarchy = "date_joined"
    fixed_fields = ["email", "roles", "suppressed", "last_login", "date_joined"]
    new_fieldsets = [ACCOUNT]
    fieldsets = [
        ACCOUNT,
        section(
            ["language", "time_zone", "suppressed"],
            gettext_lazy("Mails to this person are written in this language and zone."),
            gettext_lazy("Language and time"),
        ),
        section(
            ["is_active", "roles"],
            gettext_lazy("To close an account is better than to delete it. Roles are given on a page of their own."),
            gettext_lazy("Rights"),
        ),
        section(["last_login", "date_joined"], gettext_lazy("In UTC. Kept by the site."), gettext_lazy("Dates")),
    ]
    kept_values = ("is_active",)
    rules: Mapping[str, Any] = {"add": _add, "change": _change}
    own_pages = (OwnPage("<int:key>/send-link/", "send_link", "events_user_send_link", "events.change_user"),)

    def seen(self, request: HttpRequest, rows: QuerySet[Any], verb: str = "view") -> QuerySet[Any]:
        """Accounts that have to do with a forum in which the person may see accounts: by a role, or by what people are there
        (`role_of` of its admin). All, for who may see those of all forums."""
        right, user = self.right(verb), cast("User", request.user)
        if rows.model is not User or memberships.is_everywhere(user, right):
            return super().seen(request, rows, verb)
        keys: list[QuerySet[Any, Any]] = []
        for model, pages in admins_of(self.admin_site).items():
            if columns := getattr(pages, "role_of", ()):
                there = memberships.seen(model._base_manager.order_by(), user, right)
                keys += [there.values_list(column) for column in columns]
        return rows.filter(pk__in=keys[0].union(*keys[1:], all=True))

    def head(self, request: HttpRequest, row: User) -> Head:
        link = _("Send a link to set a password"), reverse("admin:events_user_send_link", args=[row.pk])
        return Head(acts=[link] if self.has_change_permission(request, row) else [])

    @admin.display(description=gettext_lazy("suppressed address"))
    def suppressed(self, account: Any) -> str:
        """Why no mails but account mails go there."""
        row = SuppressedAddress.objects.filter(address=account.email.lower(), freed=None).first()
        return f"{row.get_reason_display()} ({date_format(row.since)})" if row else "–"

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, account: Any) -> str:
        """Those in forums whose roles the reader may see."""
        rows = account.memberships.select_related("forum").order_by("role", "forum")
        held = memberships.seen(rows, account.reader, "events.view_membership")
        return cells.links([("", f"{one.said} · {one.where}") for one in held], as_rows=True)

    def found(self, request: HttpRequest, rows: QuerySet[User], query: str) -> QuerySet[User]:
        accounts = User.objects.all()
        by_address = accounts.filter(email__startswith=query.lower())
        return rows.filter(pk__in=either(by_address, beginning(accounts, query, "name", address="email")))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts belong to the whole site; those with a role, one that waits too, are changed, closed and opened by
        supervisors only."""
        proposed = Approval.objects.waiting().filter(account=obj, kind__startswith="role-")
        is_staff = obj is not None and (obj.is_staff or proposed.exists())
        user, right = cast("User", request.user), memberships.GIVE if is_staff else "events.change_user"
        return memberships.is_everywhere(user, right)

    def send_link(self, request: HttpRequest, key: int) -> HttpResponse:
        """Mail an account the link by which its owner sets a password, as if the person had asked for it."""
        account = self.get_object(request, str(key))
        if account is None:
            raise Http404
        if not self.has_change_permission(request, account):
            raise PermissionDenied
        about = _(
            "We mail %(email)s a link by which its owner sets a new password. Nobody else learns the link or the password."
        )
        return self.ask_about(
            request,
            account,
            form=forms.Form,
            verb=partial(mail_link, request, account),
            done=_("The link is on its way to %(email)s.") % {"email": account.email},
            title=_("Send a link to set a password"),
            about=about % {"email": account.email},
        )


def mail_link(request: HttpRequest, account: User, *, by: User, now: datetime) -> None:
    """Write the mail with the link into the outbox, and into the history. Refuses `closed-account`, and what the site's own
    page of lost passwords would refuse."""
    memberships.check_open(account)
    form = get_form_class(app_settings.FORMS, "reset_password", ResetPasswordForm)({"email": account.email})
    if not form.is_valid():
        raise ValidationError([message for errors in form.errors.values() for message in errors])
    form.save(request)
    log.record(account, verb=Verb.SEND_LINK, by=by, now=now, label=f"#{account.pk}")


# What a role may do is written in the code (`*/roles.py`), and who has it in memberships.
admin.site.unregister(Group)
