"""The organisers' pages of what they write to people: to whom, what, when, as five of them get it; then how it goes out."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.mailings import groups, mails, sending
from events.mailings.forms import ComposeForm
from events.mailings.groups import LeftOutReason, Receivers, Recipient
from events.mailings.placeholders import WORDS
from events.models import Mailing, Message, Viewing
from events.shared.admin.admin_bases import SiteAdmin, section
from events.shared.admin.admin_page_bases import OwnPage
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.current_forum import address_in
from events.shared.formatting import markdown
from events.shared.formatting.numbers import whole_number
from events.shared.pages.refusals import show_refusal
from events.shared.rights import memberships

SHOWN = 5  # of the receivers, with their mail
NAMED = 200  # by name, of each reason
MOVES = {"pause": sending.pause, "go_on": sending.go_on, "stop": sending.stop}
BADGES = {"sent": "sent", "sending": "sent", "draft": "draft", "paused": "draft", "stopped": "cancelled"}


class _Preview(forms.Form):
    """Whose mails are shown."""

    others = forms.IntegerField(required=False, min_value=0, max_value=10_000)


@admin.register(Mailing)
class MailingAdmin(SiteAdmin):
    never = ("delete",)
    own_pages = (
        OwnPage("add/", "begin", "events_mailing_add", "events.add_mailing"),
        OwnPage("<key:object_id>/change/", "page", "events_mailing_change", "events.view_mailing"),
    )
    list_display = ["subject", "shown_state", "people", "starts", "updated"]
    list_filter = ["state", "kind"]
    search_fields = ["author__name", "author__email", "texts"]
    search_help_text = gettext_lazy("Search by who wrote it, or by its words.")
    list_select_related = ["forum"]
    written_by_rules = EVERY
    fieldsets = [section(["kind", "starts", "per_minute"], gettext_lazy("To whom, what and when."))]

    @admin.display(description=gettext_lazy("subject"))
    def subject(self, mailing):
        return str(mailing)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_state(self, mailing):
        return mailing.get_state_display()

    def begin(self, request):
        """A new message to people; `group` and its options in the address choose to whom."""
        forums = memberships.forums(request.user, self.right("add"))
        forum = self.forum_of_page(request, forums)
        asked = [one for one in groups.offered(request.user, forum=forum) if one.key == request.GET.get("group")]
        said = [{"key": one.key, "options": _options(request.GET, one), "is_excluded": False} for one in asked]
        return self._compose(request, Mailing(forum=forum, groups=said))

    def page(self, request, object_id):
        """A draft is written on; of what is sent the page shows how it goes out."""
        mailing = self.get_object(request, str(object_id))
        if mailing is None:
            return self.change_view(request, str(object_id))  # Django's own says that there is none
        may_change = self.has_change_permission(request, mailing)
        if request.method == "POST" and not may_change:
            raise PermissionDenied
        if (move := MOVES.get(request.POST.get("do", ""))) is not None:
            return self._move(request, mailing, move)
        if mailing.state == Mailing.State.DRAFT and may_change:
            return self._compose(request, mailing)
        return self._show(request, mailing, may_change=may_change)

    # --- writing ------------------------------------------------------------------------------------
    def _compose(self, request, mailing):
        """The page on which it is written. Each button saves what was typed first."""
        if request.method == "POST":
            before = mailing.groups
            mailing.groups = list(_said(request.POST))
            form = ComposeForm(request.POST, instance=mailing)
            rows = groups.chosen(mailing.groups, forum=mailing.forum, prefix="g")
            if form.is_valid() and all(one.form.is_valid() for one in rows):
                answer = self._done(request, form, is_changed=form.has_changed() or before != mailing.groups)
                if answer is not None:
                    return answer
        else:
            form = ComposeForm(instance=mailing)
            rows = groups.chosen(mailing.groups, forum=mailing.forum, prefix="g")
        return self._composing(request, mailing, form=form, rows=rows)

    def _done(self, request, form, *, is_changed):
        """Save the draft and do what the button says; None where that was refused, which the form tells then."""
        mailing, now, do = form.instance, timezone.now(), request.POST.get("do", "save")
        by = {"by": request.user, "now": now}
        try:
            if is_changed or mailing.pk is None:
                mailing = sending.save(mailing, **by)
            if do == "test":
                number = sending.test(mailing, **by)
                words = ngettext("A test is on its way to you.", "%(n)s tests are on their way to you.", number)
                self.message_user(request, words % {"n": number}, messages.SUCCESS)
            elif do in {"send", "drafts"}:
                number = whole_number(request.POST.get("number", ""))
                mailing = sending.send(
                    mailing, **by, is_waiting=do == "drafts", number=-1 if number is None else number
                )
                queued = ngettext("%(n)s mail is queued.", "%(n)s mails are queued.", mailing.people)
                wait = ngettext("%(n)s mail waits as a draft.", "%(n)s mails wait as drafts.", mailing.people)
                words = wait if do == "drafts" else queued
                self.message_user(request, words % {"n": mailing.people}, messages.SUCCESS)
            elif do == "save":
                self.message_user(request, _("The draft is saved."), messages.SUCCESS)
        except ValidationError as refusal:
            if refusal.code == "placeholder-not-given":
                form.check_words(mails.given(groups.chosen(mailing.groups, forum=mailing.forum)))
            else:
                show_refusal(form, refusal)
            return None
        return HttpResponseRedirect(reverse("admin:events_mailing_change", args=[mailing.pk]))

    def _composing(self, request, mailing, *, form, rows):
        now = timezone.now()
        found, looked = Receivers([]), []
        if mailing.pk and not form.errors:
            looked, found = sending.find(mailing, by=request.user, now=now)
        shown = list(self._shown(request, mailing, looked, found)) if mailing.texts and found.people else []
        counted = found.languages
        languages = form.languages()
        for one in languages:
            one["people"] = counted[one["code"]]
            one["falls_back"] = not one["is_written"] and one["people"] and mails.written(mailing)
        return self.admin_page(
            request,
            "admin/events/mailings/compose.html",
            title=_("Write to people"),
            mailing=mailing,
            page_of=mailing,
            forum=mailing.forum,
            form=form,
            rows=rows,
            has_change_permission=True,
            offered=groups.offered(request.user, forum=mailing.forum),
            languages=languages,
            found=found,
            number=len(found.people),
            by_group=_by_group(rows, found),
            left_out=_left_out(found),
            names=self._names(request, found, forum_id=mailing.forum_id),
            shown=shown,
            others=self._others(request) + 1,
            placeholders={word: name for word, name in WORDS.items() if word in mails.given(rows, is_draft=True)},
        )

    @staticmethod
    def _others(request):
        asked = _Preview(request.GET)
        return (asked.cleaned_data["others"] if asked.is_valid() else None) or 0

    def _shown(self, request, mailing, rows, found: Receivers) -> Iterator[dict[str, Any]]:
        """Five receivers with their mails: one of each language and group first."""
        people = _sample(found.people, turn=self._others(request))
        self.saw_people(request, Viewing.Kind.LIST, [one.user_id for one in people], forum_id=mailing.forum_id)
        sender, languages = mails.MailingMails(mailing, rows), dict(settings.LANGUAGES)
        named = {one.number: one.group.name for one in rows}
        for person in people:
            language = sender.language(person)
            yield {
                "person": person,
                "group": named[person.group],
                "language": languages[person.language],
                "gets": languages[language] if language != person.language else "",
                "code": language,
                **sender.shown(person),
            }

    def _names(self, request, found, *, forum_id) -> list[dict[str, Any]]:
        """All who get it and who do not, by name, for who asks (`?names=1`)."""
        if "names" not in request.GET:
            return []
        people = found.people[:NAMED]
        self.saw_people(request, Viewing.Kind.LIST, [one.user_id for one in people], forum_id=forum_id)
        listed = [
            {
                "words": _("They get it"),
                "names": [one.name or one.address for one in people],
                "number": len(found.people),
            }
        ]
        for reason, names in found.left_out.items():
            listed.append({"words": LeftOutReason(reason).label, "names": names[:NAMED], "number": len(names)})
        return listed

    # --- once it is sent ----------------------------------------------------------------------------
    def _show(self, request, mailing, *, may_change):
        """How it goes out: how many mails are in which state, what it says, and what can still be done."""
        counted = sending.numbers(mailing)
        rows = groups.chosen(mailing.groups, forum=mailing.forum)
        outbox = f"{address_in(mailing.forum, 'events_message_changelist')}&mailing={mailing.pk}"
        texts = [
            {"code": code, "name": name, "subject": text["subject"], "body": markdown.render(text["text"])}
            for code, name in settings.LANGUAGES
            if (text := mailing.texts.get(code))
        ]
        waiting = sum(counted.get(state, 0) for state in sending.WAITS)
        unwritten = mailing.people - sum(counted.values()) if mailing.written is None else 0
        return self.admin_page(
            request,
            "admin/events/mailings/mailing.html",
            title=str(mailing),
            mailing=mailing,
            page_of=mailing,
            forum=mailing.forum,
            rows=rows,
            badge=BADGES[mailing.state],
            numbers=[
                {"words": one.label, "number": counted[one], "url": f"{outbox}&state__exact={one}", "state": one}
                for one in Message.State
                if counted.get(one)
            ],
            left=waiting + unwritten,
            gone=mailing.people - waiting - unwritten,
            left_out=[
                {"words": LeftOutReason(one).label, "number": number} for one, number in mailing.left_out.items()
            ],
            left_since=[
                {"words": Message.Reason(one).label, "number": number}
                for one, number in sending.left_since(mailing).items()
            ],
            texts=texts,
            may_move=may_change and sending.reaches(mailing, rows, by=request.user),
        )

    def _move(self, request, mailing, move):
        done = {
            sending.pause: _("It is paused. What has not left waits."),
            sending.go_on: _("It goes on."),
            sending.stop: _("It is stopped. What had not left is cancelled."),
        }
        try:
            move(mailing, by=request.user, now=timezone.now())
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            self.message_user(request, done[move], messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:events_mailing_change", args=[mailing.pk]))


def _options(sent, group, *, prefix="") -> dict[str, list[str]]:
    """What was sent as the options of a group."""
    found = {name: sent.getlist(f"{prefix}{name}") for name in getattr(group.form, "base_fields", ())}
    return {name: values for name, values in found.items() if any(values)}


def _said(post) -> Iterator[dict[str, Any]]:
    """The groups as they were sent: without the one that is dropped, with the one that is added."""
    do, known = post.get("do", ""), groups.known()
    for number, key in enumerate(post.getlist("group")):
        if key in known and do != f"drop-{number}":
            yield {
                "key": key,
                "options": _options(post, known[key], prefix=f"g{number}-"),
                "is_excluded": f"g{number}-excluded" in post,
            }
    if do == "add" and post.get("new") in known:
        yield {"key": post["new"], "options": {}, "is_excluded": False}


def _sample(people: Sequence[Recipient], *, turn: int) -> list[Recipient]:
    """Five of them: the first (or the `turn`th) of each language and group, then others."""
    kinds: dict[tuple[str, int], list[Recipient]] = {}
    for one in people:
        kinds.setdefault((one.language, one.group), []).append(one)
    chosen = [rows[turn % len(rows)] for rows in kinds.values()][:SHOWN]
    begin = turn * SHOWN % max(len(people), 1)
    rest = [*people[begin:], *people[:begin]]
    return [*chosen, *(one for one in rest if one not in chosen)][:SHOWN]


def _by_group(rows, found: Receivers) -> list[dict[str, Any]]:
    counted = [one.group for one in found.people]
    return [{"words": one.group.name, "number": counted.count(one.number)} for one in rows if not one.is_excluded]


def _left_out(found: Receivers) -> list[dict[str, Any]]:
    return [{"words": LeftOutReason(reason).label, "number": len(names)} for reason, names in found.left_out.items()]
