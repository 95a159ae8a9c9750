"""Rows for tests. Each factory makes the smallest row that the rules allow; a test names what matters to it."""

from datetime import UTC, date, datetime, timedelta

import factory
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from events.models import (
    SDG,
    ActionLine,
    Appearance,
    Country,
    Forum,
    Membership,
    Message,
    Organisation,
    Role,
    Room,
    Session,
    SessionType,
    Speaker,
)
from events.schedule import moves
from registration.models import (
    Attendance,
    Booking,
    CertificateRule,
    Door,
    DoorPass,
    FocalPoint,
    Kind,
    Quota,
    Registration,
    RegistrationInvitation,
    RegistrationQuestion,
    SeatHold,
    Stay,
    Waiting,
)

NOW = datetime(2020, 7, 22, 12, 20, tzinfo=UTC)  # a Wednesday in the fifth week of the forum, 14:20 in Geneva


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    time_zone = "Africa/Bamako"


def confirmed(user=None, **values):
    """An account with a confirmed address: this one, or a new one."""
    user = user or UserFactory(**values)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


# --- staff ----------------------------------------------------------------------------------------
def join(user, role, *, forum=None):
    """Give an account a role in a forum, or in all, that counts at once."""
    type(user).objects.filter(pk=user.pk).update(is_staff=True)
    user.is_staff = True
    user.__dict__.pop("_rights", None)
    return Membership.objects.create(account=user, role=role, forum=forum, given_at=NOW, agreed_at=NOW)


def staff(role=Role.PROGRAMME, *, forum=None, **values):
    """A member of the staff: an account with a role in a forum, or in all."""
    user = UserFactory(**values)
    join(user, role, forum=forum)
    return user


def boss(**values):
    """An account with the roles that the first start gives: supervisor, organiser and prize officer of all forums."""
    user = UserFactory(**values)
    for role in (Role.SUPERVISOR, Role.ORGANISER, Role.PRIZE_OFFICER):
        join(user, role)
    return user


def allowed(*permissions, forum=None, user=None):
    """A member of the staff who may do this ("prizes.view_winner") and nothing else, by a role that only the test knows."""
    user = user or UserFactory()
    role, _is_new = Group.objects.get_or_create(name=f"of {user.pk} in {forum.pk if forum else 'all'}")
    found = Permission.objects.filter(codename__in={name.partition(".")[2] for name in permissions})
    given = {f"{one.content_type.app_label}.{one.codename}": one for one in found.select_related("content_type")}
    role.permissions.add(*(given[name] for name in permissions))
    if not user.memberships.filter(role=role.name).exists():
        join(user, role.name, forum=forum)
    user.__dict__.pop("_rights", None)
    return user


class CountryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Country
        django_get_or_create = ("code",)

    code = "ML"
    name = factory.LazyAttribute(
        lambda o: {"ML": "Mali", "CH": "Switzerland", "FR": "France", "JP": "Japan"}.get(o.code, f"Country {o.code}")
    )
    region = "africa"
    prize_region = "africa"


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisation {n}")
    stakeholder_type = "academia"


class ForumFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Forum
        django_get_or_create = ("slug",)

    slug = "2020"
    name = "WSIS Forum 2020"
    starts = date(2020, 6, 22)
    ends = date(2020, 9, 10)
    is_public = True
    registration_opens = datetime(2020, 3, 1, tzinfo=UTC)
    registration_closes = datetime(2020, 9, 8, 16, tzinfo=UTC)


class RoomFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Room

    forum = factory.SubFactory(ForumFactory)
    name = factory.Sequence(lambda n: f"Virtual room {n}")
    is_virtual = True


class SessionTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SessionType
        django_get_or_create = ("code",)

    code = "thematic_workshop"
    name = "Thematic Workshop"


class ActionLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ActionLine
        django_get_or_create = ("code",)

    code = "C2"
    title = "Information and communication infrastructure"
    short_name = "Infrastructure"


class SDGFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SDG
        django_get_or_create = ("number",)

    number = 9
    title = "Industry, Innovation and Infrastructure"
    full_title = "Build resilient infrastructure"
    color = "#FD6925"
    has_white_text = False


class SpeakerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Speaker

    forum = factory.SubFactory(ForumFactory)
    name = factory.Sequence(lambda n: f"Speaker {n}")


def translate(row, language, **said):
    """Let a row say something in another language, as its organisers would."""
    row.translations[language] = said
    row.save(update_fields=["translations"])


class SessionFactory(factory.django.DjangoModelFactory):
    """A scheduled session of an hour and a half, tomorrow at 14:00 Geneva as seen from NOW."""

    class Meta:
        model = Session

    forum = factory.SubFactory(ForumFactory)
    title = factory.Sequence(lambda n: f"Session {n}")
    type = factory.SubFactory(SessionTypeFactory)
    starts = NOW.replace(hour=12, minute=0) + timedelta(days=1)
    ends = factory.LazyAttribute(lambda o: o.starts + timedelta(minutes=90))
    state = "scheduled"

    @classmethod
    def _create(cls, model_class, *args, **values):
        session = super()._create(model_class, *args, **values)
        moves.place_new([session], now=NOW)
        return session


class AppearanceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Appearance

    is_released = True
    session = factory.SubFactory(SessionFactory)
    speaker = factory.SubFactory(SpeakerFactory)


class KindFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Kind

    forum = factory.SubFactory(ForumFactory)
    slug = factory.Sequence("kind-{}".format)
    name = factory.Sequence("Kind {}".format)


class RegistrationQuestionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegistrationQuestion

    forum = factory.SubFactory(ForumFactory)
    text = factory.Sequence("Question {}".format)


class FocalPointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FocalPoint

    forum = factory.SubFactory(ForumFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    named_by = factory.SubFactory(UserFactory)
    named_at = NOW


class RegistrationInvitationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RegistrationInvitation

    forum = factory.SubFactory(ForumFactory)
    email = factory.Sequence("invited{}@example.org".format)
    name = factory.Sequence("Invited {}".format)
    invited_by = factory.SubFactory(UserFactory)
    invited = changed = NOW
    ends = NOW + timedelta(days=14)


class QuotaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Quota

    kind = factory.SubFactory(KindFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    places = 1


class RegistrationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Registration

    forum = factory.SubFactory(ForumFactory)
    user = factory.SubFactory(UserFactory)
    name = factory.SelfAttribute("user.name")
    stakeholder_type = "academia"
    country = factory.SubFactory(CountryFactory)
    gender = "woman"
    time_zone = factory.SelfAttribute("user.time_zone")
    consented = NOW - timedelta(days=30)
    created = NOW - timedelta(days=30)


class CertificateRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CertificateRule

    forum = factory.SubFactory(ForumFactory)


class DoorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Door

    forum = factory.SubFactory(ForumFactory)
    name = factory.Sequence("Door {}".format)


class DoorPassFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DoorPass

    door = factory.SubFactory(DoorFactory)
    day = NOW.date()
    holder = "Desk"
    made_by = factory.LazyFunction(boss)
    made = NOW


class BookingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Booking

    registration = factory.SubFactory(RegistrationFactory)
    session = factory.SubFactory(SessionFactory)
    created = NOW - timedelta(days=10)


class WaitingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Waiting

    registration = factory.SubFactory(RegistrationFactory)
    session = factory.SubFactory(SessionFactory)
    joined = NOW - timedelta(days=5)


class SeatHoldFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SeatHold

    session = factory.SubFactory(SessionFactory)
    kind = factory.SubFactory(KindFactory)
    seats = 1


class MessageFactory(factory.django.DjangoModelFactory):
    """A mail that waits in the outbox."""

    class Meta:
        model = Message

    kind = "letter"
    dedupe_key = factory.Sequence(lambda n: f"letter:{n}")
    to = factory.Sequence(lambda n: f"to{n}@example.org")
    subject = factory.Sequence(lambda n: f"Letter {n}")
    text = "The text"
    due = NOW


class AttendanceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attendance
        skip_postgeneration_save = True

    registration = factory.SubFactory(RegistrationFactory)
    session = factory.SubFactory(SessionFactory)
    first_seen = NOW
    last_seen = NOW
    source = "join"
    country = factory.SelfAttribute("registration.country")
    region = factory.SelfAttribute("registration.country.region")
    stakeholder_type = factory.SelfAttribute("registration.stakeholder_type")
    gender = factory.SelfAttribute("registration.gender")

    @factory.post_generation
    def stays(self, create, _given):
        """The stays that it follows from: one, and its end where it was seen."""
        if create:
            ended = self.last_seen if self.last_seen > self.first_seen else None
            own = {"registration": self.registration, "session": self.session, "source": self.source}
            Stay.objects.create(began=self.first_seen, ended=ended, **own)
