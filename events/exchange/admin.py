"""Bringing in the programme of another system: choose a file, look at what it would do, then do it."""

import re
import secrets
import zlib

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.exchange import apply
from events.models import Forum
from events.staff import memberships
from events.staff.admin_page_bases import AdminPages, OwnPage
from events.staff.current_forum import named_forum

SHOWN = 300  # sessions of each kind in the preview
KEPT_SECONDS = 24 * 60 * 60
TOKEN = re.compile(r"[-\w]{10,40}", re.ASCII)
RELEASE = "events.add_release"
RIGHTS = ("events.add_session", "events.change_session", "events.add_speaker", "events.add_room", "events.add_track")


def forums_of(user):
    """The forums into which a person may bring a programme."""
    rows = Forum.objects.all()
    for right in RIGHTS:
        rows = memberships.seen(rows, user, right)
    return rows


def may_make_forum(user):
    """A new forum is made by those who may do so, and bring a programme, in all forums."""
    return all(memberships.is_everywhere(user, right) for right in ("events.add_forum", *RIGHTS))


def may_release(user, forum):
    """Whether a person may release the programme of a forum; None: of a new one."""
    return user.has_perm(RELEASE, forum) if forum else memberships.is_everywhere(user, RELEASE)


class ProgrammeForm(forms.Form):
    """A file and the forum it goes into; a new forum where `slug` is filled in."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("frab schedule.xml or schedule.json, iCalendar, CSV or XLSX; 50 MB at the most."),
    )
    forum = forms.ModelChoiceField(
        Forum.objects.none(), label=gettext_lazy("Forum"), required=False, empty_label=gettext_lazy("A new forum")
    )
    slug = forms.CharField(
        label=gettext_lazy("Address of the new forum"),
        required=False,
        max_length=30,
        help_text=gettext_lazy("Such as 2027. Its name, days and time zone come from the file."),
    )
    is_released = forms.BooleanField(
        label=gettext_lazy("Release at once"),
        required=False,
        help_text=gettext_lazy("The public sees it then, and a new forum is public. Otherwise it stands in the draft."),
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["forum"].queryset = forums_of(user)  # type: ignore[attr-defined]
        if not may_make_forum(user):
            self.fields["forum"].required, self.fields["forum"].empty_label = True, "---------"  # type: ignore[attr-defined]
            del self.fields["slug"]
        if not user.has_perm(RELEASE):
            del self.fields["is_released"]

    def clean(self):
        data = super().clean()
        slug = (data.get("slug") or "").strip().lower()
        if "slug" in self.fields and not data.get("forum") and "forum" not in self.errors:
            if not slug:
                self.add_error("slug", _("Choose a forum, or enter the address of a new one"))
            elif Forum.objects.filter(slug=slug).exists():
                self.add_error("slug", _("A forum has this address. Choose it above"))
        if data.get("is_released") and not may_release(self.user, data.get("forum")):
            self.add_error("is_released", _("Your account may not release the programme of this forum"))
        data["slug"] = data["forum"].slug if data.get("forum") else slug
        return data


class ExchangeMixin(AdminPages):
    """The pages `import/` and `import/apply/` below the forums."""

    own_pages = (
        OwnPage("import/", "bring_in", "events_forum_import"),
        OwnPage("import/apply/", "bring_in_now", "events_forum_import_apply"),
    )

    def _page(self, request, **context):
        title = _("Bring in a programme")
        return self.admin_page(request, "admin/events/exchange/import_programme.html", title=title, **context)

    def bring_in(self, request):
        """The form; after it, what the file would do."""
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        named = named_forum(request)
        given = {"forum": forums_of(request.user).filter(pk=named.pk).first()} if named else {}
        form = ProgrammeForm(request.POST or None, request.FILES or None, user=request.user, initial=given)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, form=form)
        wish = {"slug": form.cleaned_data["slug"], "is_released": form.cleaned_data.get("is_released", False)}
        try:
            return self._preview(request, form.cleaned_data["file"].read(), **wish)
        except ValidationError as refusal:
            form.add_error("file", refusal.messages)
            return self._page(request, form=form)

    def _preview(self, request, data, *, slug, is_released):
        """What a file would do, and a token to agree to just that."""
        wish = {"slug": slug, "is_released": is_released}
        plan = apply.bring_in(data, by=request.user, now=timezone.now(), is_dry=True, **wish)
        token = ""
        if not plan.is_empty or is_released:
            token = secrets.token_urlsafe(16)
            cache.set(f"import:{token}", (request.user.pk, wish, plan.digest, zlib.compress(data)), KEPT_SECONDS)
        return self._page(request, plan=plan, token=token, is_released=is_released, shown=SHOWN, **_shown(plan))

    def bring_in_now(self, request):
        """Do what the preview showed (POST `token`), or show what it would do now where that is something else. A file
        that is gone leads back to the start."""
        if request.method != "POST" or not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        token = request.POST.get("token", "")
        key = f"import:{token}"
        start = HttpResponseRedirect(reverse("admin:events_forum_import"))
        kept = cache.get(key) if TOKEN.fullmatch(token) else None
        by, wish, digest, packed = kept or (None, {"slug": ""}, "", b"")
        forum = forums_of(request.user).filter(slug=wish["slug"]).first()
        if by != request.user.pk or (
            forum is None and not may_make_forum(request.user)
        ):  # a role may have ended meanwhile
            messages.error(request, _("The file is not here any more. Choose it again"))
            return start
        wish["is_released"] = wish["is_released"] and may_release(request.user, forum)
        data = zlib.decompress(packed)
        try:
            plan = apply.bring_in(data, by=request.user, now=timezone.now(), seen=digest, **wish)
        except ValidationError as refusal:
            for sentence in [_("Nothing was brought in."), *refusal.messages]:
                messages.error(request, sentence)
            return self._preview(request, data, **wish) if getattr(refusal, "code", "") == "moved-meanwhile" else start
        cache.delete(key)
        self._tell(request, plan)
        return HttpResponseRedirect(reverse("admin:events_forum_change", args=[plan.forum.pk]))

    def _tell(self, request, plan):
        words = _("Brought in: %(new)s new, %(changed)s changed, %(same)s the same, %(unusable)s not used.")
        counts = {name: len(getattr(plan, name)) for name in ("new", "changed", "same", "unusable")}
        messages.success(request, words % counts)
        if plan.released:
            messages.success(request, _("Released as version %(n)s.") % {"n": plan.released})
        if number := len(plan.clashes) + plan.more_clashes:
            sentence = ngettext("%(n)s clash: look at the board.", "%(n)s clashes: look at the board.", number)
            messages.warning(request, sentence % {"n": number})


def _shown(plan):
    """The lists of the preview, cut, with how many are left out of each."""
    lists = {name: getattr(plan, name) for name in ("new", "changed", "unusable", "notes")}
    lists["people"] = plan.people.changes
    cut = {name: (rows[:SHOWN], max(0, len(rows) - SHOWN)) for name, rows in lists.items()}
    return {"lists": cut | {"clashes": (plan.clashes, plan.more_clashes)}}
