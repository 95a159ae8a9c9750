"""What a certificate of participation says: its sentence, its ornament, and the page that verifies it."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, Session
from events.shared import hooks
from events.shared.formatting.names import forum_name, local_text, term
from events.shared.formatting.times import date_range
from events.shared.hooks import OwnRole, RoleRow, RoleSource, role_rows
from events.shared.pdf import hooks as pdf_hooks
from events.shared.pdf.certificates import CertificatePage
from events.shared.pdf.font_coverage import shown_name
from events.shared.pdf.hooks import Issued
from registration.models import CertificateRule, ParticipationCertificate
from registration.sessions.certificates import issuing
from registration.sessions.certificates.participation import Participation

Measure = CertificateRule.Measure
LONGEST = 180  # minutes: what lasts longer is drawn as long as this, or one long session would leave the others as dots
LEAST = 0.12  # of the height of the longest


def find(code: str) -> ParticipationCertificate | None:
    """The certificate with this code, whether it holds or not."""
    rows = ParticipationCertificate.objects.select_related("rule__forum", "rule__track", "rule__session", "user")
    return rows.filter(code=code, rule__forum__is_public=True).first()


@pdf_hooks.issued()
def issued(code: str, now: datetime) -> Issued | None:
    """What the page that verifies a certificate shows."""
    certificate = find(code)
    if certificate is None:
        return None
    part = issuing.held_part(certificate, now=now)
    forum = certificate.rule.forum
    context: dict[str, Any] = {
        "forum": forum,
        "certificate": certificate,
        "issued": forum.local(certificate.issued).date(),
    }
    if certificate.withdrawn:
        context["withdrawn"] = forum.local(certificate.withdrawn).date()
    if part:
        rule = certificate.rule
        name, latin = issuing.name_of(certificate), issuing.latin_name_of(certificate)
        context |= {"holds": True, "kind": kind_words(rule.measure), "name": name, "latin_name": latin}
        context |= {"is_drawn": bool(shown_name(name, latin)[0])}
        context |= {"sentence": sentence(rule, part), "about": about(rule)}
    return Issued("registration/certificates/verify.html", context)


def kind_words(measure: str) -> str:
    """What a certificate is called."""
    if measure == Measure.SPEAKING:
        return _("Speaker’s certificate")
    return _("Moderator’s certificate") if measure == Measure.MODERATING else _("Certificate of participation")


def about(rule: CertificateRule) -> str:
    """The session or track that it is about, or "" for the whole forum."""
    if rule.session:
        return rule.session.title
    return term(rule.track) if rule.track else ""


def sentence(rule: CertificateRule, part: Participation) -> str:
    """What the person did, after the name and before the session or track: in other languages without the person's gender."""
    number = len(part.sessions)
    if rule.measure == Measure.SPEAKING:
        words = _spoke(rule, number)
    elif rule.measure == Measure.MODERATING:
        words = _moderated(rule, number)
    else:
        words = _timed(rule, number) if part.is_timed and part.minutes else _took_part(rule, number)
    return words % {"number": number, "length": _length(part.minutes)}


def _spoke(rule: CertificateRule, number: int) -> str:
    if rule.session_id:
        return _("spoke in this session.")
    if rule.track_id:
        return ngettext(
            "spoke in %(number)s session of this track.", "spoke in %(number)s sessions of this track.", number
        )
    return ngettext("spoke in %(number)s session of the Forum.", "spoke in %(number)s sessions of the Forum.", number)


def _moderated(rule: CertificateRule, number: int) -> str:
    if rule.session_id:
        return _("moderated this session.")
    if rule.track_id:
        return ngettext(
            "moderated %(number)s session of this track.", "moderated %(number)s sessions of this track.", number
        )
    return ngettext("moderated %(number)s session of the Forum.", "moderated %(number)s sessions of the Forum.", number)


def _took_part(rule: CertificateRule, number: int) -> str:
    if rule.session_id:
        return _("took part in this session.")
    if rule.track_id:
        return ngettext(
            "took part in %(number)s session of this track.", "took part in %(number)s sessions of this track.", number
        )
    return ngettext(
        "took part in %(number)s session of the Forum.", "took part in %(number)s sessions of the Forum.", number
    )


def _timed(rule: CertificateRule, number: int) -> str:
    if rule.session_id:
        return _("took part in this session, %(length)s in all.")
    if rule.track_id:
        return ngettext(
            "took part in %(number)s session of this track, %(length)s in all.",
            "took part in %(number)s sessions of this track, %(length)s in all.",
            number,
        )
    return ngettext(
        "took part in %(number)s session of the Forum, %(length)s in all.",
        "took part in %(number)s sessions of the Forum, %(length)s in all.",
        number,
    )


def _length(minutes: int) -> str:
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}


# --- the file -------------------------------------------------------------------------------------
def page(certificate: ParticipationCertificate, part: Participation) -> CertificatePage:
    """The page of a certificate that holds, in the active language."""
    rule = certificate.rule
    forum = rule.forum
    sessions = list(
        Session.objects.public().filter(forum=forum, state=Session.State.SCHEDULED).order_by("starts", "pk")
    )
    caption = ngettext(
        "The line is the one session of the Forum.",
        "Each line is one of the %(number)s sessions of the Forum; the strong ones are those of this certificate.",
        len(sessions),
    )
    return CertificatePage(
        forum=forum,
        code=certificate.code,
        issued=certificate.issued,
        dated=forum.local(certificate.issued).date(),
        where=_("%(place)s, %(date)s")
        % {"place": local_text(forum, "place"), "date": date_range(forum.starts, forum.ends)},
        kind=kind_words(rule.measure),
        sample=_("This person is made up: sample data") if forum.is_sample else "",
        name=issuing.name_of(certificate),
        latin_name=issuing.latin_name_of(certificate),
        sentence=sentence(rule, part),
        about=about(rule),
        caption=caption % {"number": len(sessions)},
        days=_days(forum, sessions, part),
    )


def _days(forum: Forum, sessions: list[Session], part: Participation) -> list[list[tuple[float, bool]]]:
    lengths = {one.pk: min(LONGEST, (one.ends - one.starts).total_seconds() / 60) for one in sessions}  # type: ignore[operator]  # both are there
    most = max(lengths.values(), default=1)
    return [
        [(max(LEAST, round(lengths[one.pk] / most, 3)), one.pk in part.sessions) for one in day]
        for _date, day in groupby(sessions, key=lambda one: forum.local(one.starts).date())  # type: ignore[arg-type]
    ]


# --- the account page -----------------------------------------------------------------------------
_public = ParticipationCertificate.objects.filter(withdrawn=None, rule__forum__is_public=True)
HELD = role_rows(_public, key="certificate", forum="rule__forum", code="code", state="rule__measure")


def _certified(row: RoleRow) -> OwnRole:
    address = reverse("events:verify", args=[row.code])
    return OwnRole(kind_words(row.state), forum_name(row.forum), address, _("Open the certificate"))


@hooks.own_roles()
def certificates() -> RoleSource:
    """Those who have a certificate, for their account page."""
    return RoleSource("certificate", 12, HELD, "user", _certified)
