"""What the API tells of each row: closed lists of fields. A column that is not named here never leaves the site."""

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.api.filters import STATES
from events.models import (
    Appearance,
    Commitment,
    CommitmentReport,
    Document,
    Forum,
    Outcome,
    PracticalPage,
    Release,
    Session,
    SessionReport,
    SessionType,
    Speaker,
)
from events.models.outcome import public_report
from events.models.programme import Language
from events.models.reference import StakeholderType
from events.shared.pages.absolute_urls import absolute

STATE = [str(state) for state in STATES]
type Data = serializers.Serializer[Any]


def moment(about: str, **options: Any) -> serializers.DateTimeField:
    """A moment in UTC: 2020-07-22T12:00:00Z."""
    return serializers.DateTimeField(default_timezone=UTC, help_text=about, **options)


class Address(serializers.CharField):
    """An address of the site: `path` with the attributes of the row in it."""

    def __init__(self, path: str, about: str = "", **options: Any) -> None:
        super().__init__(source="*", read_only=True, help_text=about or None, **options)
        self.path = path

    def to_representation(self, value: Any) -> str:
        return absolute(self.path.format(value))


class Fault(serializers.Serializer[Any]):
    """Why there are no data."""

    code = serializers.CharField(help_text="A word for programs: bad-parameter, not-found …")
    detail = serializers.CharField(help_text="A sentence for people.")
    parameters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong with each parameter."
    )


class Named(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class Place(Named):
    pass


class OrganisationName(Named):
    acronym = serializers.CharField()


class OrganisationData(OrganisationName):
    stakeholder_type = serializers.ChoiceField(StakeholderType.choices)
    country = serializers.CharField(source="country_id", allow_null=True, help_text="ISO 3166-1, two letters.")
    website = serializers.CharField(help_text="Empty where there is none.")
    is_sample = serializers.BooleanField(help_text="Made up, to show how the site works.")


class ForumData(serializers.Serializer[Forum]):
    slug = serializers.CharField(help_text="The name in every address.")
    name = serializers.CharField()
    theme = serializers.CharField()
    starts = serializers.DateField(help_text="The first day, in the forum's zone.")
    ends = serializers.DateField(help_text="The last day.")
    time_zone = serializers.CharField(help_text="The forum's zone, of the IANA list: Europe/Zurich.")
    place = serializers.CharField(help_text="What people call that zone: Geneva.")
    is_virtual = serializers.BooleanField()
    registration_opens = moment("Registration is open from then …")
    registration_closes = moment("… until then.")
    host = OrganisationName(allow_null=True)
    co_organisers = OrganisationName(many=True)
    is_sample = serializers.BooleanField(help_text="Much of it is made up, to show how the site works.")
    url = Address("/{0.slug}/", "Its page for people.")


class Text(serializers.Serializer[Any]):
    language = serializers.ChoiceField(Language.choices)
    title = serializers.CharField()
    description = serializers.CharField(help_text="Markdown; empty where only the title was translated.")


class TypeName(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class TrackName(Named):
    pass


class RoomName(Named):
    is_virtual = serializers.BooleanField()


class SpeakerFacts(serializers.Serializer[Speaker]):
    """What is told of a speaker wherever one stands."""

    form_of_address = serializers.CharField()
    position = serializers.CharField()
    organisation = OrganisationName(allow_null=True)
    country = serializers.CharField(source="country_id", allow_null=True, help_text="ISO 3166-1, two letters.")
    biography = serializers.CharField(help_text="Markdown.")
    photo = serializers.SerializerMethodField(help_text="The address of a picture; null without one.")
    is_sample = serializers.BooleanField(help_text="Made up, to show how the site works.")
    url = Address("/{0.forum.slug}/speakers/{0.pk}/", "Their page for people.")

    def get_photo(self, speaker: Speaker) -> str | None:
        return absolute(speaker.photo.url) if speaker.photo else None


class PanelMember(serializers.Serializer[Appearance]):
    id = serializers.IntegerField(source="speaker_id")
    name = serializers.CharField(source="speaker.full_name")
    role = serializers.ChoiceField(Appearance.Role.choices)
    about = SpeakerFacts(source="speaker", required=False, help_text="Only where `expand=speakers` asks for it.")

    def to_representation(self, instance: Appearance) -> dict[str, Any]:
        if "speakers" not in self.context.get("expand", ()):
            self.fields.pop("about", None)
        return super().to_representation(instance)


class DocumentData(serializers.Serializer[Document]):
    title = serializers.CharField()
    url = Address("{0.file.url}")
    added = moment("When it was added.")


class OutcomeName(serializers.Serializer[Outcome]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Outcome.Kind.choices)
    title = serializers.CharField()


class LinesAndGoals:
    """How the Action Lines and the goals of a row are told."""

    def get_action_lines(self, row: Session | Outcome) -> list[str]:
        return [line.code for line in row.action_lines.all()]

    def get_sdgs(self, row: Session | Outcome) -> list[int]:
        return [goal.number for goal in row.sdgs.all()]


class ReportData(serializers.Serializer[SessionReport]):
    key_issues = serializers.CharField(help_text="Markdown.")
    quotes = serializers.CharField(help_text="Markdown.")
    way_forward = serializers.CharField(help_text="Markdown.")


class SessionData(LinesAndGoals, serializers.Serializer[Session]):
    code = serializers.CharField(help_text="Six characters of 0-9A-Z, for the session's life.")
    guid = serializers.UUIDField()
    forum = serializers.CharField(source="forum.slug")
    number = serializers.IntegerField(allow_null=True)
    title = serializers.CharField(help_text="As it was given, in the session's own language.")
    description = serializers.CharField(help_text="Markdown, in the session's own language.")
    texts = serializers.SerializerMethodField(help_text="Title and description in further languages.")
    state = serializers.ChoiceField(STATE)
    starts = moment("In UTC.")
    ends = moment("In UTC.")
    time_zone = serializers.CharField(source="forum.time_zone", help_text="The forum's zone, of the IANA list.")
    type = TypeName()
    track = TrackName(allow_null=True)
    room = RoomName(allow_null=True)
    languages = serializers.ListField(child=serializers.ChoiceField(Language.choices), help_text="It is held in these.")
    captioning = serializers.ListField(child=serializers.ChoiceField(Language.choices), help_text="Live captions.")
    interpretation = serializers.ListField(child=serializers.ChoiceField(Language.choices))
    organisers = OrganisationName(many=True)
    action_lines = serializers.SerializerMethodField(help_text="Codes of WSIS Action Lines.")
    sdgs = serializers.SerializerMethodField(help_text="Numbers of Sustainable Development Goals.")
    speakers = PanelMember(many=True, source="appearances")
    documents = DocumentData(many=True)
    outcomes = OutcomeName(many=True)
    report = serializers.SerializerMethodField(help_text="What its hosts say of it; null until organisers approved it.")
    broadcast_url = serializers.CharField(help_text="Where everybody can watch; empty where nowhere.")
    recording_url = serializers.SerializerMethodField(help_text="From the end of the session on; empty before.")
    is_sample = serializers.BooleanField(help_text="Made up, to show how the site works.")
    sequence = serializers.IntegerField(help_text="Rises with every change of its place, as in calendar files.")
    updated = moment("When it changed for the last time; what is known of its people and its room may be newer.")
    url = Address("/{0.forum.slug}/programme/{0.code}/", "Its page for people.")
    calendar_url = Address("/{0.forum.slug}/programme/{0.code}.ics", "Its calendar file.")

    @extend_schema_field(Text(many=True))
    def get_texts(self, session: Session) -> list[dict[str, str]]:
        empty = {"title": session.title, "description": ""}
        return [{"language": language} | empty | said for language, said in session.translations.items()]

    @extend_schema_field(ReportData(allow_null=True))
    def get_report(self, session: Session) -> dict[str, Any] | None:
        report = public_report(session)
        return dict(ReportData(report).data) if report else None

    def get_recording_url(self, session: Session) -> str:
        return session.recording_url if session.is_over(self.context["now"]) else ""


class SpokenIn(serializers.Serializer[Appearance]):
    code = serializers.CharField(source="session.code")
    title = serializers.CharField(source="session.title")
    role = serializers.ChoiceField(Appearance.Role.choices)


class SpeakerData(SpeakerFacts):
    id = serializers.IntegerField()
    forum = serializers.CharField(source="forum.slug")
    name = serializers.CharField()
    sessions = SpokenIn(many=True, source="appearances")


class RoomData(RoomName):
    forum = serializers.CharField(source="forum.slug")
    capacity = serializers.IntegerField(allow_null=True, help_text="Seats; null where there is no limit.")


class TrackData(TrackName):
    forum = serializers.CharField(source="forum.slug")


class SessionTypeData(TypeName):
    forums = serializers.SerializerMethodField(help_text="The forums that alone have it; empty: all without own types.")

    def get_forums(self, kind: SessionType) -> list[str]:
        return [forum.slug for forum in kind.forums.all()]


class ThemeName(TypeName):
    pass


class CommitmentData(serializers.Serializer[Commitment]):
    organisation = OrganisationName(help_text="Who answers for it.")
    target = serializers.CharField()
    indicator = serializers.CharField()
    due = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(
        CommitmentReport.State.choices,
        source="latest.state",
        default=None,
        allow_null=True,
        help_text="What organisers have confirmed last; null before.",
    )
    text = serializers.CharField(source="latest.text", default="", help_text="What its owner says.")
    proof = serializers.CharField(source="latest.proof", default="", help_text="A link that shows it.")
    reported = moment("When its owner said so.", source="latest.reported", default=None, allow_null=True)


class OutcomeData(LinesAndGoals, OutcomeName):
    forum = serializers.CharField(source="forum.slug")
    text = serializers.CharField(help_text="Markdown.")
    session = serializers.SerializerMethodField(help_text="The code of its session; null where none is public.")
    organisations = OrganisationName(many=True)
    date = serializers.DateField(allow_null=True, help_text="The day on which it was announced, launched …")
    themes = ThemeName(many=True)
    action_lines = serializers.SerializerMethodField(help_text="Codes of WSIS Action Lines.")
    sdgs = serializers.SerializerMethodField(help_text="Numbers of Sustainable Development Goals.")
    commitment = CommitmentData(default=None, allow_null=True, help_text="Who answers for it; null where nobody does.")
    url = Address("/{0.forum.slug}/outcomes/{0.pk}/", "Its page for people.")

    def get_session(self, outcome: Outcome) -> str | None:
        return outcome.session.code if outcome.session else None


class PracticalText(serializers.Serializer[Any]):
    language = serializers.CharField(help_text="The code of a language: fr.")
    title = serializers.CharField()
    text = serializers.CharField(help_text="Markdown.")


class PracticalPageData(serializers.Serializer[PracticalPage]):
    id = serializers.IntegerField()
    forum = serializers.CharField(source="forum.slug")
    title = serializers.CharField()
    text = serializers.CharField(help_text="Markdown.")
    texts = serializers.SerializerMethodField(help_text="Title and text in further languages.")
    url = Address("/{0.forum.slug}/info/{0.slug}/", "Its page for people.")

    @extend_schema_field(PracticalText(many=True))
    def get_texts(self, page: PracticalPage) -> list[dict[str, str]]:
        return [{"language": language} | said for language, said in page.translations.items()]


class EntryPart(serializers.Serializer[Any]):
    """What a change tells of one side: of a move the place, of speakers who came or went only those."""

    code = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    starts = moment("In UTC.", required=False)
    ends = moment("In UTC.", required=False)
    room = Place(required=False, allow_null=True)
    state = serializers.ChoiceField(STATE, required=False)
    speakers = Place(many=True, required=False)


class ChangeData(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["new", "moved", "cancelled", "restored", "removed", "joined", "left"])
    code = serializers.CharField(help_text="The session's code.")
    title = serializers.CharField()
    before = EntryPart(allow_null=True)
    after = EntryPart(allow_null=True)


class EntryData(serializers.Serializer[Any]):
    """A session as one version of the timetable had it."""

    code = serializers.CharField()
    title = serializers.CharField()
    starts = moment("In UTC.")
    ends = moment("In UTC.")
    room = Place(allow_null=True)
    state = serializers.ChoiceField(STATE)
    speakers = Place(many=True)


class ReleaseName(serializers.Serializer[Release]):
    forum = serializers.CharField(source="forum.slug")
    number = serializers.IntegerField()
    note = serializers.CharField()
    released = moment("In UTC.")
    changes = serializers.SerializerMethodField(help_text="What is different from the release before.")

    @extend_schema_field(ChangeData(many=True))
    def get_changes(self, release: Release) -> list[dict[str, Any]]:
        hidden = self.context["hidden"]
        return [_change(row) for row in release.changes if row["code"] not in hidden]


class ReleaseData(ReleaseName):
    timetable = serializers.SerializerMethodField(help_text="Every session as it was released.")

    @extend_schema_field(EntryData(many=True))
    def get_timetable(self, release: Release) -> list[dict[str, Any]]:
        hidden = self.context["hidden"]
        return [_side(row) for row in release.timetable if row["code"] not in hidden]


ENTRY = ("code", "title", "starts", "ends", "room", "state", "speakers")


def _side(row: dict[str, Any]) -> dict[str, Any]:
    """What a release keeps of a session, with times as everywhere else; keys that it may get later stay inside."""
    told = {name: row[name] for name in ENTRY if name in row}
    for name in ("starts", "ends"):
        if name in told:
            told[name] = told[name].replace("+00:00", "Z")
    for name in ("room", "speakers"):
        if told.get(name):
            told[name] = _named(told[name])
    return told


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(part) for part in value]
    return {"id": value["id"], "name": value["name"]}


def _change(row: dict[str, Any]) -> dict[str, Any]:
    sides = {name: _side(row[name]) if row.get(name) else None for name in ("before", "after")}
    return {"kind": str(row["kind"]), "code": row["code"], "title": row["title"]} | sides
