"""A row of every registered model, so that every page of the organisers' site has something to show."""

from datetime import UTC, datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from events import outbox, revision
from events.models import (
    SDG,
    ActionLine,
    Appearance,
    Audience,
    Country,
    Document,
    Forum,
    MatrixLink,
    Message,
    Organisation,
    Outcome,
    Partner,
    PublicRevision,
    Room,
    Session,
    SessionText,
    SessionType,
    Speaker,
    Track,
    User,
)
from prizes.models import Category, Edition, Phase
from registration.models import Attendance, Booking, Registration, RegistrationDraft, Tally
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
    UserFactory,
)

_count = 0


def number():
    """A number that no row has had yet."""
    global _count
    _count += 1
    return _count


def message(**values):
    n = number()
    return outbox.write(
        **{
            "kind": "reminder",
            "key": f"key-{n}",
            "to": f"to{n}@example.org",
            "subject": f"Letter {n}",
            "text": "Words",
            "language": "en",
            "queue": "bulk",
            "due": NOW,
            **values,
        }
    )


def edition():
    known = Edition.objects.first()
    return known or Edition.objects.create(forum=ForumFactory(), name="Prizes")


def revision_row():
    revision.bump()
    return PublicRevision.objects.get()


def phase():
    n = Phase.objects.count()
    kind = Phase.Kind.values[n]
    return Phase.objects.create(
        edition=edition(),
        kind=kind,
        starts=datetime(2020, n + 1, 1, tzinfo=UTC),
        ends=datetime(2020, n + 1, 9, tzinfo=UTC),
    )


def address():
    user = UserFactory()
    return EmailAddress.objects.create(user=user, email=user.email, verified=True)


def matrix_link():
    taken = set(MatrixLink.objects.values_list("action_line", "sdg"))
    pair = next((a, s) for a in ActionLine.objects.all() for s in SDG.objects.all() if (a.pk, s.pk) not in taken)
    return MatrixLink.objects.create(action_line=pair[0], sdg=pair[1])


MAKERS = {
    ActionLine: lambda: ActionLineFactory(code=f"X{number()}"),
    Appearance: AppearanceFactory,
    Attendance: AttendanceFactory,
    Audience: lambda: Audience.objects.create(forum=ForumFactory(), time_zone=f"Etc/{number()}", people=3),
    Booking: BookingFactory,
    Category: lambda: Category.objects.create(
        edition=edition(), number=number(), action_line=ActionLineFactory(), title="Category"
    ),
    Country: lambda: CountryFactory(code=chr(65 + number() // 10 % 26) + str(_count % 10)),
    Document: lambda: Document.objects.create(session=SessionFactory(), title="Paper", file="documents/paper.pdf"),
    Edition: edition,
    EmailAddress: address,
    Forum: lambda: ForumFactory(slug=f"forum-{number()}"),
    Group: lambda: Group.objects.create(name=f"Group {number()}"),
    MatrixLink: matrix_link,
    Message: message,
    Organisation: OrganisationFactory,
    Outcome: lambda: Outcome.objects.create(forum=ForumFactory(), session=SessionFactory(), kind="launch", title="A"),
    Partner: lambda: Partner.objects.create(forum=ForumFactory(), organisation=OrganisationFactory()),
    Phase: phase,
    PublicRevision: revision_row,
    Registration: RegistrationFactory,
    RegistrationDraft: lambda: RegistrationDraft.objects.create(forum=ForumFactory(), user=UserFactory()),
    Room: RoomFactory,
    SDG: lambda: SDG.objects.first() or SDGFactory(),
    Session: lambda: SessionFactory(room=RoomFactory()),
    SessionText: lambda: SessionText.objects.create(session=SessionFactory(), language="fr", title="Titre"),
    SessionType: lambda: SessionTypeFactory(code=f"type-{number()}"),
    Speaker: lambda: SpeakerFactory(organisation=OrganisationFactory(), country=CountryFactory()),
    Tally: lambda: Tally.objects.create(
        forum=ForumFactory(),
        session=SessionFactory(),
        dimension="country",
        value=str(number()),
        attendances=1,
        people=1,
        computed_at=NOW,
    ),
    Track: lambda: Track.objects.create(forum=ForumFactory(), name=f"Track {number()}"),
    User: UserFactory,
}
