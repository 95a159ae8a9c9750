"""The signed address in the mails about a place: it names a registration and a session, and nobody else can make it."""

from django.core import signing
from django.urls import reverse

from events.mail.rendering import speaking
from events.models import Session
from events.pages.absolute_urls import absolute
from registration.models import Registration

_signer = signing.Signer(sep=".", salt="registration.seats.seat_links")


def token(registration_pk: int, session_pk: int) -> str:
    """The part of an address that names a registration and a session."""
    return _signer.sign(f"{registration_pk}-{session_pk}")


def address(registration: Registration, session: Session) -> str:
    """The whole address, in the language of the person's mails."""
    with speaking(registration.language):
        return absolute(
            reverse("registration:seat", args=[registration.forum.slug, token(registration.pk, session.pk)])
        )


def named(token: str) -> tuple[Registration, Session] | None:
    """The registration and the session that a token names, of a public forum; None for a token that is not ours."""
    try:
        registration_pk, session_pk = map(int, _signer.unsign(token).split("-"))
    except (signing.BadSignature, ValueError):
        return None
    people = Registration.objects.select_related("forum", "user").filter(forum__is_public=True)
    person = people.filter(pk=registration_pk).first()
    session = Session.objects.select_related("room", "forum", "type").filter(pk=session_pk).first()
    return (person, session) if person and session and person.forum_id == session.forum_id else None
