"""What a forum needs until it is public: what is done, what comes next, what is open. For the organisers' set-up page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.dashboard.todo_list import Asked
from events.models import Call, Placement, Proposal, Release, Room, Session, SessionType, Track
from events.shared.admin.current_forum import address_in
from events.shared.formatting.names import listed, local_text
from events.shared.formatting.times import date_range, deadline
from events.shared.rights import memberships
from registration.models import Kind


@dataclass
class SetUpStep:
    """A line of the page. `said`: what is there, in one sentence; `act`: the words of the link to `url`, "" for none.

    `state`: “done”, “next” for the first that is not done, “open” for the others.
    """

    name: str
    said: str
    is_done: bool
    url: str = ""
    act: str = ""
    state: str = ""


def steps(asked: Asked) -> list[SetUpStep]:
    """The steps of a forum that this person may see. An act is offered to those who may do it; others read."""
    found = [step(asked) for permission, step in STEPS if memberships.has(asked.user, permission, asked.forum)]
    coming = next((step for step in found if not step.is_done), None)
    for step in found:
        step.state = "done" if step.is_done else "next" if step is coming else "open"
    return found


def _may(asked: Asked, permission: str) -> bool:
    return memberships.has(asked.user, permission, asked.forum)


def _change_or_read(asked: Asked, permission: str) -> str:
    return _("Change") if _may(asked, permission) else _("Read")


def _add_or_change(asked: Asked, number: int, *, model: str, words: str) -> dict[str, str]:
    """The link of a step about rows: to the list of those that there are, or to the page that adds the first (`words`)."""
    app, name = model.split("_")
    if number:
        return {
            "url": address_in(asked.forum, f"{model}_changelist"),
            "act": _change_or_read(asked, f"{app}.change_{name}"),
        }
    if _may(asked, f"{app}.add_{name}"):
        return {"url": address_in(asked.forum, f"{model}_add"), "act": words}
    return {}


def _days(asked: Asked) -> SetUpStep:
    forum = asked.forum
    said = _("%(days)s, %(place)s. Times are kept in %(zone)s") % {
        "days": date_range(forum.starts, forum.ends),
        "place": local_text(forum, "place"),
        "zone": forum.time_zone,
    }
    url = reverse("admin:events_forum_change", args=[forum.pk])
    return SetUpStep(_("Days and time zone"), said, True, url, _change_or_read(asked, "events.change_forum"))


def _rooms(asked: Asked) -> SetUpStep:
    rows = Room.objects.filter(forum=asked.forum).order_by()
    found: dict[str, int] = rows.aggregate(all=Count("pk"), online=Count("pk", Q(is_virtual=True)))
    words = ngettext("%(n)s room, %(online)s of them online", "%(n)s rooms, %(online)s of them online", found["all"])
    said = words % {"n": found["all"], "online": found["online"]} if found["all"] else _("No room yet")
    link = _add_or_change(asked, found["all"], model="events_room", words=_("Add a room"))
    return SetUpStep(_("Rooms"), said, found["all"] > 0, **link)


def _tracks(asked: Asked) -> SetUpStep:
    tracks, types = Track.objects.filter(forum=asked.forum).count(), SessionType.objects.offered_in(asked.forum).count()
    words = ngettext("%(n)s track", "%(n)s tracks", tracks) % {"n": tracks}
    kinds = ngettext("%(n)s type of session", "%(n)s types of session", types) % {"n": types}
    link = _add_or_change(asked, tracks, model="events_track", words=_("Add a track"))
    return SetUpStep(_("Tracks and types"), listed([words, kinds]), types > 0, **link)


def _kinds(asked: Asked) -> SetUpStep:
    forum = asked.forum
    names = [kind.name for kind in Kind.objects.filter(forum=forum)]
    moments = {"opens": forum.registration_opens, "closes": forum.registration_closes}
    said = _("%(kinds)s. Registration from %(opens)s until %(closes)s") % {
        "kinds": listed(names) if names else _("One for everybody"),
        **{name: deadline(one, zone=forum.zone, forum=forum) for name, one in moments.items()},
    }
    link = _add_or_change(asked, len(names), model="registration_kind", words=_("Add a kind"))
    return SetUpStep(_("Kinds of registration"), said, True, **link)


def _call(asked: Asked) -> SetUpStep:
    call = Call.objects.filter(forum=asked.forum).first()
    if call is None:
        may_add = _may(asked, "events.add_call")
        url = address_in(asked.forum, "events_call_add") if may_add else ""
        act = _("Open a call") if may_add else ""
        return SetUpStep(_("Call for proposals"), _("None: organisers add the sessions themselves"), True, url, act)
    rows = Proposal.objects.filter(forum=asked.forum).exclude(state=Proposal.State.DRAFT).order_by()
    found: dict[str, int] = rows.aggregate(all=Count("pk"), taken=Count("pk", Q(state=Proposal.State.ACCEPTED)))
    came = ngettext("%(n)s proposal came", "%(n)s proposals came", found["all"])
    moments = {"opens": call.opens, "closes": call.closes}
    dates = {name: deadline(one, zone=asked.forum.zone, forum=asked.forum) for name, one in moments.items()}
    words = {
        "coming": _("Opens on %(opens)s"),
        "open": _("Open until %(closes)s. %(came)s, %(taken)s accepted"),
        "over": _("Closed on %(closes)s. %(came)s, %(taken)s accepted"),
    }[call.phase(asked.now)]
    said = words % {**dates, "came": came % {"n": number_format(found["all"])}, "taken": number_format(found["taken"])}
    url = reverse("admin:events_call_change", args=[call.pk])
    return SetUpStep(_("Call for proposals"), said, True, url, _change_or_read(asked, "events.change_call"))


def _sessions(asked: Asked) -> SetUpStep:
    rows = Session.objects.filter(forum=asked.forum).exclude(placement__state=Placement.State.CANCELLED).order_by()
    placed = Q(placement__starts__isnull=False, placement__room__isnull=False)
    found: dict[str, int] = rows.aggregate(all=Count("pk"), placed=Count("pk", placed))
    missing = found["all"] - found["placed"]
    if not found["all"]:
        may_add = _may(asked, "events.add_session")
        url = address_in(asked.forum, "events_forum_import") if may_add else ""
        return SetUpStep(_("Sessions"), _("No session yet"), False, url, _("Import sessions") if may_add else "")
    words = ngettext(
        "%(placed)s of %(n)s session has a time and a room", "%(placed)s of %(n)s have a time and a room", found["all"]
    )
    said = words % {"placed": number_format(found["placed"]), "n": number_format(found["all"])}
    if missing and _may(asked, "events.change_session"):
        url = reverse("admin:events_forum_board", args=[asked.forum.pk])
        act = ngettext("Place %(n)s session", "Place %(n)s sessions", missing) % {"n": number_format(missing)}
        return SetUpStep(_("Sessions"), said, False, url, act)
    return SetUpStep(
        _("Sessions"),
        said,
        not missing,
        address_in(asked.forum, "events_session_changelist"),
        _("Look at the sessions"),
    )


def _clashes(asked: Asked) -> SetUpStep:
    number, blocking = asked.programme["clashes"], asked.programme["blocking"]
    if not number:
        return SetUpStep(_("Clashes"), _("None"), True)
    said = ngettext("%(n)s in the draft", "%(n)s in the draft", number) % {"n": number_format(number)}
    forbids = ngettext("%(n)s of them forbids a release", "%(n)s of them forbid a release", blocking)
    said = _("%(clashes)s. %(forbids)s") % {"clashes": said, "forbids": forbids % {"n": number_format(blocking)}}
    if not _may(asked, "events.change_session"):
        return SetUpStep(_("Clashes"), said, not blocking)
    words = ngettext("Look at %(n)s clash", "Look at %(n)s clashes", number) % {"n": number_format(number)}
    return SetUpStep(
        _("Clashes"), said, not blocking, reverse("admin:events_forum_clashes", args=[asked.forum.pk]), words
    )


def _public(asked: Asked) -> SetUpStep:
    forum, waiting = asked.forum, asked.programme["release"]
    last = Release.objects.filter(forum=forum).order_by("-number").values_list("number", flat=True).first()
    changes = ngettext("%(n)s change waits", "%(n)s changes wait", waiting) % {"n": number_format(waiting)}
    if last is None:
        said = _("No programme is released yet")
    elif waiting:
        said = _("Version %(number)s of the programme is released; %(changes)s") % {"number": last, "changes": changes}
    else:
        said = _("Version %(number)s of the programme is released") % {"number": last}
    if not forum.is_public:
        said = _("Nobody outside sees the forum. %(programme)s") % {"programme": said}
    is_done = forum.is_public and last is not None and not waiting
    if waiting and _may(asked, "events.add_release"):
        words = ngettext("Release %(n)s change", "Release %(n)s changes", waiting) % {"n": number_format(waiting)}
        return SetUpStep(_("Public"), said, is_done, address_in(forum, "events_release_add"), words)
    if not forum.is_public and _may(asked, "events.change_forum"):
        url = reverse("admin:events_forum_public", args=[forum.pk])
        return SetUpStep(_("Public"), said, is_done, url, _("Make the forum public"))
    return SetUpStep(
        _("Public"), said, is_done, f"/{forum.slug}/" if forum.is_public else "", _("See the public pages")
    )


# What a person needs to see a step, and the step.
STEPS: list[tuple[str, Callable[[Asked], SetUpStep]]] = [
    ("events.view_forum", _days),
    ("events.view_room", _rooms),
    ("events.view_track", _tracks),
    ("registration.view_kind", _kinds),
    ("events.view_call", _call),
    ("events.view_session", _sessions),
    ("events.view_session", _clashes),
    ("events.view_session", _public),
]
