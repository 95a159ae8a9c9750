"""The signed address in the mails about a place: it names a registration and what the place is in, a session or its kind. Nobody
else can make it, and it ends when the person's address changes: whoever reads mail at the former one acts no more."""

from django.urls import reverse

from events.models import Session
from events.shared.formatting.numbers import whole_number
from events.shared.mail.rendering import speaking
from events.shared.pages.absolute_urls import absolute
from events.shared.secret_links import read, signed
from registration.models import Registration

LINK = "registration.seats.seat_links"
KIND = 0  # in the place of a session: the kind of the registration


def token(registration: Registration, session_pk: int) -> str:
    """The part of an address that names a registration and a session, or `KIND`."""
    return signed(f"{LINK}:{registration.user.email}", registration.pk, session_pk)


def address(registration: Registration, session: Session | None = None) -> str:
    """The whole address, in the language of the person's mails. Without a session: of their place in their kind."""
    with speaking(registration.language):
        return absolute(
            reverse(
                "registration:seat",
                args=[registration.forum.slug, token(registration, session.pk if session else KIND)],
            )
        )


def named(token: str) -> tuple[Registration, Session | None] | None:
    """The registration and the session (None: its kind) that a token names, of a public forum; None for a token that is not ours."""
    people = Registration.objects.select_related("forum", "user", "kind").filter(forum__is_public=True)
    person = people.filter(pk=whole_number(token.split("-")[0]) or 0).first()
    said = read(f"{LINK}:{person.user.email}", token) if person else []
    if person is None or not said:
        return None
    session_pk = int(said[1])
    if session_pk == KIND:
        return (person, None)
    session = Session.objects.select_related("room", "forum", "type").filter(pk=session_pk).first()
    return (person, session) if session and person.forum_id == session.forum_id else None
