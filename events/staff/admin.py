"""Pages of accounts: who may sign in, and who is staff."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from events.models import User
from events.staff.admin_bases import SiteAdmin, section
from events.staff.admin_recording import EVERY, RecordedAdmin
from events.staff.large_lists import LargeLists
from events.staff.relation_fields import KeysMixin
from events.staff.word_search import WordSearch, beginning, either

ACCOUNT = section(
    ["email", "name"], _("People sign in with this address, by password or by a code that we mail to it.")
)


class AccountCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self):
        return self.cleaned_data["email"].lower()


class AccountForm(UserChangeForm):
    password = None  # no hash is ever shown; the page “Change password” sets a new one

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self):
        return self.cleaned_data["email"].lower()


@admin.register(User)
class UserAdmin(DjangoUserAdmin, WordSearch, SiteAdmin):
    form = AccountForm
    add_form = AccountCreationForm
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", "groups", "language"]
    search_fields = ["email", "name"]
    search_help_text = _("Search by the beginning of names, or of the address.")
    ordering = ["email"]
    date_hierarchy = "date_joined"
    filter_horizontal = []
    kept_values = ("is_active", "is_staff", "is_superuser", "groups")
    readonly_fields = ["last_login", "date_joined"]
    formfield_overrides = {}
    add_fieldsets = [
        ACCOUNT,
        section(
            ["usable_password", "password1", "password2"],
            _("Without a password the person signs in by a mailed code."),
            _("Password"),
        ),
    ]

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.add_fieldsets
        staff = ["is_active", "is_staff", "groups", *(["is_superuser"] if request.user.is_superuser else [])]
        mails = _("Mails to this person are written in this language and zone.")
        rights = _("Staff may open these pages; the groups say what they may do in them.")
        return [
            ACCOUNT,
            section(["language", "time_zone"], mails, _("Language and time")),
            section(staff, rights, _("Staff")),
            section(["last_login", "date_joined"], _("In UTC. Kept by the site."), _("Dates")),
        ]

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "checks"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def found(self, request, rows, query):
        accounts = User.objects.all()
        by_address = accounts.filter(email__startswith=query.lower())
        return rows.filter(pk__in=either(by_address, beginning(accounts, query, "name", address="email")))

    def has_change_permission(self, request, obj=None):
        """A superuser's account is changed by superusers only: else staff could take it over."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup, value, request=None):
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(KeysMixin, LargeLists, RecordedAdmin, DjangoGroupAdmin):
    kept_values = EVERY
    list_display = ["name"]
    filter_horizontal = []
    fieldsets = [
        section(
            ["name", "permissions"],
            _(
                "The site itself makes the groups organisers, programme and registration desk, and gives them back their permissions with every update."
            ),
        )
    ]

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "checks"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)
