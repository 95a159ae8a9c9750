"""A row of every registered model, so that every page of the organisers' site has something to show."""

from datetime import UTC, datetime
from uuid import uuid4

from events.models import (
    SDG,
    ActionLine,
    Appearance,
    Approval,
    Audience,
    Call,
    Commitment,
    CommitmentReport,
    Country,
    Document,
    Forum,
    HistoryEntry,
    HostedSession,
    Mailing,
    MailText,
    MatrixLink,
    Membership,
    Message,
    News,
    Organisation,
    Outcome,
    Partner,
    PracticalPage,
    Proposal,
    PublicRevision,
    Room,
    SearchWords,
    Session,
    SessionReport,
    SessionType,
    Speaker,
    SuppressedAddress,
    Theme,
    Track,
    User,
    Viewing,
)
from events.models import Release as ProgrammeRelease
from events.shared.history import log, viewings
from events.shared.pages import revision
from prizes.models import (
    Assignment,
    Ballot,
    Category,
    Certificate,
    Count,
    Criterion,
    EarlierWinner,
    Edition,
    Expert,
    Nomination,
    OutcomeDocument,
    Phase,
    PrizeSponsor,
    Quarantine,
    Result,
    Score,
    Turnout,
    Winner,
)
from registration.models import (
    Attendance,
    Booking,
    CertificateRule,
    Door,
    DoorPass,
    FocalPoint,
    FocalPointRequest,
    Kind,
    ParticipationCertificate,
    Quota,
    Registration,
    RegistrationDraft,
    RegistrationInvitation,
    RegistrationQuestion,
    RetentionPeriod,
    Scan,
    SeatHold,
    Stay,
    Tally,
    Waiting,
)
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    CertificateRuleFactory,
    CountryFactory,
    DoorFactory,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    MessageFactory,
    OrganisationFactory,
    QuotaFactory,
    RegistrationFactory,
    RegistrationInvitationFactory,
    RegistrationQuestionFactory,
    RoomFactory,
    SDGFactory,
    SeatHoldFactory,
    SessionFactory,
    SessionTypeFactory,
    SpeakerFactory,
    UserFactory,
    WaitingFactory,
    join,
)
from tests.prizes.factories import NominationFactory, fill_ballot

_count = 100  # fixtures number their own rows from 1


def number():
    """A number that no row has had yet."""
    global _count
    _count += 1
    return _count


def edition():
    known = Edition.objects.filter(forum__slug="2020").first()
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


def category():
    return Category.objects.create(
        edition=edition(), number=number(), action_line=ActionLineFactory(), title="Category"
    )


def nomination(**values):
    return NominationFactory(category=category(), **{"state": "nominated", **values})


def expert():
    return Expert.objects.create(edition=edition(), user=UserFactory())


def assignment():
    return Assignment.objects.create(expert=expert(), nomination=nomination(), assigned=NOW)


def criterion():
    return Criterion.objects.create(edition=edition(), number=number(), name="Impact", weight=1)


def count():
    figures = dict.fromkeys(
        ["valid_ballots", "incomplete_ballots", "quarantined_ballots", "valid_votes", "attendee_ballots"], 1
    )
    return Count.objects.create(edition=edition(), number=number(), counted=NOW, **figures)


def ballot():
    row = nomination()
    return fill_ballot(row.edition, {row.category.number: row})


def result():
    return Result.objects.create(
        count=Count.objects.first() or count(),
        nomination=(row := nomination()),
        category=row.category,
        votes=3,
        attendee_votes=1,
        rank=1,
    )


def quarantine():
    row = Quarantine.objects.create(edition=edition(), kind="script")
    row.entries.create(ballot=ballot())
    return row


def approval():
    # One of each kind waits at a time: the others are dropped.
    state = "dropped" if Approval.objects.exists() else "proposed"
    found = edition()
    return Approval.objects.create(
        kind="close-edition",
        subject=found.pk,
        forum=found.forum,
        state=state,
        reason="It is over",
        proposed_by=UserFactory(),
        proposed=NOW,
    )


def winner():
    row = nomination()
    return Winner.objects.create(
        category=row.category, nomination=row, reason="Reach", chosen_by=UserFactory(), chosen=NOW
    )


def history_entry():
    return log.record(ForumFactory(), verb="change", by=UserFactory(), now=NOW, reason="Reach")


def viewing():
    return viewings.record(by=UserFactory(), kind=Viewing.Kind.LIST, model="events.user", people=[0], now=NOW)


def matrix_link():
    taken = set(MatrixLink.objects.values_list("action_line", "sdg"))
    pair = next((a, s) for a in ActionLine.objects.all() for s in SDG.objects.all() if (a.pk, s.pk) not in taken)
    return MatrixLink.objects.create(action_line=pair[0], sdg=pair[1])


def commitment():
    outcome = Outcome.objects.create(forum=ForumFactory(), kind="launch", title="A")
    return Commitment.objects.create(outcome=outcome, organisation=OrganisationFactory(), owner=UserFactory())


MAKERS = {
    ActionLine: lambda: ActionLineFactory(code=f"X{number()}"),
    Appearance: AppearanceFactory,
    Assignment: assignment,
    Attendance: AttendanceFactory,
    Audience: lambda: Audience.objects.create(forum=ForumFactory(), time_zone=f"Etc/{number()}", people=3),
    HistoryEntry: history_entry,
    Viewing: viewing,
    Ballot: ballot,
    Booking: BookingFactory,
    Call: lambda: CallFactory(forum=ForumFactory(slug=f"call-{number()}")),
    Category: category,
    Certificate: lambda: Certificate.objects.create(nomination=nomination(), kind="champions", issued=NOW),
    Commitment: commitment,
    CommitmentReport: lambda: CommitmentReport.objects.create(commitment=commitment(), state="kept", reported=NOW),
    Count: count,
    Country: lambda: CountryFactory(code=chr(65 + number() // 10 % 26) + str(_count % 10)),
    Criterion: criterion,
    Document: lambda: Document.objects.create(session=SessionFactory(), title="Paper", file="documents/paper.pdf"),
    EarlierWinner: lambda: EarlierWinner.objects.create(
        year=2019, title=f"Winner {(n := number())}", title_key=f"winner {n}"
    ),
    Edition: edition,
    Expert: expert,
    Forum: lambda: ForumFactory(slug=f"forum-{number()}"),
    HostedSession: lambda: HostedSession.objects.create(session=SessionFactory(), user=UserFactory()),
    MailText: lambda: MailText.objects.create(
        forum=ForumFactory(), kind=f"kind-{number()}", language="en", subject="Words", body="Words"
    ),
    MatrixLink: matrix_link,
    Membership: lambda: join(UserFactory(), "experts"),
    Message: MessageFactory,
    Mailing: lambda: Mailing.objects.create(
        forum=ForumFactory(),
        author=UserFactory(),
        created=NOW,
        updated=NOW,
        texts={"en": {"subject": "News", "text": "Dear {name}"}},
    ),
    News: lambda: News.objects.create(
        forum=ForumFactory(), title="Room changed", text="Hall 5", is_public=True, date=NOW, picture_shows="A hall"
    ),
    Nomination: nomination,
    Organisation: OrganisationFactory,
    Outcome: lambda: Outcome.objects.create(forum=ForumFactory(), session=SessionFactory(), kind="launch", title="A"),
    Partner: lambda: Partner.objects.create(forum=ForumFactory(), organisation=OrganisationFactory()),
    Phase: phase,
    PracticalPage: lambda: PracticalPage.objects.create(
        forum=ForumFactory(), slug=f"page-{number()}", title="Venue", text="The hall", is_public=True
    ),
    PrizeSponsor: lambda: PrizeSponsor.objects.create(edition=edition(), organisation=OrganisationFactory()),
    Proposal: ProposalFactory,
    PublicRevision: revision_row,
    ProgrammeRelease: lambda: ProgrammeRelease.objects.create(forum=ForumFactory(), number=number(), released=NOW),
    Quarantine: quarantine,
    Door: lambda: DoorFactory(session=SessionFactory()),
    DoorPass: lambda: DoorPass.objects.create(
        door=DoorFactory(), day=NOW, holder="Desk", made_by=UserFactory(), made=NOW
    ),
    Scan: lambda: Scan.objects.create(
        key=uuid4(),
        door=DoorFactory(),
        registration=RegistrationFactory(),
        direction="in",
        outcome="in",
        at=NOW,
        received=NOW,
    ),
    Stay: lambda: AttendanceFactory().registration.stays.get(),
    Kind: KindFactory,
    Quota: QuotaFactory,
    CertificateRule: CertificateRuleFactory,
    ParticipationCertificate: lambda: ParticipationCertificate.objects.create(
        rule=CertificateRuleFactory(), user=UserFactory(), issued=NOW
    ),
    FocalPoint: FocalPointFactory,
    FocalPointRequest: lambda: FocalPointRequest.objects.create(
        forum=ForumFactory(), user=UserFactory(), organisation_name=f"Organisation {number()}", asked=NOW
    ),
    RegistrationInvitation: RegistrationInvitationFactory,
    SeatHold: SeatHoldFactory,
    SessionReport: lambda: SessionReport.objects.create(session=SessionFactory(), key_issues="Cables"),
    SuppressedAddress: lambda: SuppressedAddress.objects.create(
        address=f"a{number()}@gone.example", reason="bounced", since=NOW
    ),
    SearchWords: lambda: SearchWords.objects.create(words=f"word {number()}\nother"),
    Theme: lambda: Theme.objects.create(code=f"theme-{(n := number())}", name=f"Theme {n}"),
    Waiting: WaitingFactory,
    Registration: RegistrationFactory,
    RegistrationQuestion: RegistrationQuestionFactory,
    RegistrationDraft: lambda: RegistrationDraft.objects.create(forum=ForumFactory(), user=UserFactory()),
    RetentionPeriod: lambda: RetentionPeriod.objects.create(
        forum=ForumFactory(slug=f"kept-{number()}"), kind="needs", days=10
    ),
    OutcomeDocument: lambda: OutcomeDocument.objects.create(
        forum=ForumFactory(), number=number(), language="en", state="done", asked=NOW, asked_by=UserFactory()
    ),
    Result: result,
    Room: RoomFactory,
    Score: lambda: Score.objects.create(assignment=assignment(), criterion=criterion(), points=4),
    SDG: lambda: SDG.objects.first() or SDGFactory(),
    Session: lambda: SessionFactory(room=RoomFactory()),
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
    Turnout: lambda: Turnout.objects.create(
        count=Count.objects.first() or count(), dimension="country", value=str(number()), people=7
    ),
    User: UserFactory,
    Approval: approval,
    Winner: winner,
}
