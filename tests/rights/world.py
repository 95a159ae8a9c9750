"""Two forums with a row of everything, and a person of each role. The second forum is hidden, and of another team."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile

from events.mailings import sending
from events.models import (
    Appearance,
    Approval,
    Commitment,
    Document,
    Forum,
    HostedSession,
    Invitation,
    Mailing,
    News,
    Outcome,
    PracticalPage,
    Proposal,
    Role,
    Session,
    Speaker,
    User,
)
from events.proposals.speakers import speaker_accounts
from events.schedule.releases import releases
from events.shared.mail import refused_kinds
from prizes.models import Assignment, Certificate, Edition, Expert, OutcomeDocument
from registration.accreditation import place_links
from registration.door import door_views, passes
from registration.models import (
    Approver,
    Booking,
    DataCopy,
    Door,
    FocalPointRequest,
    Registration,
    RegistrationFile,
    RegistrationInvitation,
)
from registration.sessions.agenda import unsubscribing
from tests.admin import two_forums
from tests.admin.rows import MAKERS
from tests.admin.two_forums import HIDDEN
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    boss,
    confirmed,
    join,
)
from tests.files import PNG, stored
from tests.prizes.factories import NominationFactory, set_phase

TEAM = {
    "reviewer": Role.PROPOSAL_REVIEWER,
    "programme": Role.PROGRAMME,
    "desk": Role.REGISTRATION_DESK,
    "organiser": Role.ORGANISER,
    "officer": Role.PRIZE_OFFICER,
    "supervisor": Role.SUPERVISOR,
}
# Staff of a third forum, who see neither the own one nor the hidden one.
FOREIGN = {"other officer": "officer", "other organiser": "organiser"}
# The others are of the own forum; only who organises all forums sees the hidden one. A pass is what a door gives to a browser.
ROLES = (
    "visitor",
    "pass",
    "account",
    "attendee",
    "proposer",
    "speaker",
    "focal",
    "expert",
    *TEAM,
    "everywhere",
    *FOREIGN,
)
NOBODY = {"visitor", "pass"}
PDF = b"%PDF-1.4\n%%EOF\n"


@dataclass
class World:
    """The rows of both forums, by what an address names, and the people by their roles."""

    rows: two_forums.World
    people: dict = field(default_factory=dict)
    cookies: dict = field(default_factory=dict)  # by the role
    own: dict = field(default_factory=dict)
    hidden: dict = field(default_factory=dict)


def make():
    """Rows in both forums; the people of the table are of the own one, those of the hidden one are somebody else."""
    rows = two_forums.make()
    Forum.objects.exclude(pk=rows.forum.pk).update(is_public=False)  # those that single rows brought along
    Forum.objects.update(list_of_participants="provisional", list_published=NOW)
    people = {name: None if name in NOBODY else confirmed() for name in ROLES}
    site = {model: make().pk for model, make in MAKERS.items() if model not in two_forums.OF_FORUMS}
    own, hidden = (
        site | _of(rows.own, people),
        site | _of(rows.hidden, {name: confirmed() for name in ROLES}, word=f"{HIDDEN} "),
    )
    for name, role in TEAM.items():
        join(people[name], role, forum=rows.forum)
    join(people["everywhere"], Role.ORGANISER)
    third = ForumFactory(slug="2019", is_public=False, starts=date(2019, 4, 8), ends=date(2019, 4, 12))
    for name, like in FOREIGN.items():
        join(people[name], TEAM[like], forum=third)
    return World(rows, people, {"pass": {door_views.COOKIE: own["door-pass"]}}, own, hidden)


def _of(rows, people, *, word=""):
    """What can be asked for of a forum: the rows of a team, and those of its people. What an address calls it → its value."""
    forum, edition, session = rows[Forum], rows[Edition], rows[Session]
    files = _files(rows, word)
    registered = _attendee(rows, people["attendee"], word)
    delegate = _delegation(rows, people["focal"], word)
    draft_paper = _draft_paper(forum, people["speaker"], word)
    nomination, nominee = _prize(edition, people, word)
    draft = ProposalFactory(
        forum=forum, proposer=people["proposer"], state="draft", submitted=None, title=f"{word}Draft"
    )
    session_of = Session.objects.filter(pk=session.pk)
    session_of.update(meeting_url=f"https://meet.example/{word.strip()}", starts=NOW, ends=NOW + timedelta(hours=1))
    photo = stored(PNG, "speakers/me.png")
    Speaker.objects.filter(pk=rows[Speaker].pk).update(account=people["speaker"], photo=photo)
    Appearance.objects.create(session=session, speaker=rows[Speaker], is_released=True)
    HostedSession.objects.create(session=session, user=people["speaker"])
    Commitment.objects.filter(pk=rows[Commitment].pk).update(owner=people["speaker"])
    asked = {"email": "asked@example.org", "invited": NOW}
    release = releases.release(forum, note=word, by=None, now=NOW)
    return {
        **{model: row.pk for model, row in rows.items()},
        User: registered.user_id,
        "forum": forum.slug,
        "forum-key": forum.pk,
        "edition-key": edition.pk,
        "session-key": session.pk,
        "kind": ContentType.objects.get_for_model(Session).pk,
        "outcome": rows[Outcome].pk,
        "commitment": rows[Commitment].outcome_id,
        "news": rows[News].pk,
        "practical-page": rows[PracticalPage].slug,
        "practical-key": rows[PracticalPage].pk,
        "day": str(NOW.date()),
        "session": session.code,
        "speaker": rows[Speaker].pk,
        "link": speaker_accounts.token_of(rows[Speaker], address=""),
        "release": release.number,
        "file": files,
        "photo": photo,
        "draft-file": draft_paper.file.name,
        "document-number": rows[OutcomeDocument].number,
        **_mailings(rows[Forum]),
        "proposal": draft.code,
        "invitation": Invitation.objects.create(proposal=rows[Proposal], name=f"{word}Asked", **asked).token,
        "editing": draft.collaborator_invitations.create(changed=NOW, **asked).token,
        "token": registered.token,
        "door-key": rows[Door].pk,
        "door-pass": passes.make(rows[Door], day=NOW.date(), holder="Desk", by=boss(), now=NOW).token,
        "register-invitation": rows[RegistrationInvitation].token,
        "seat": place_links.token(registered, session.pk),
        "unsubscribe": unsubscribing.token(registered.pk),
        "refuse": refused_kinds.token(registered.user_id, "changed"),
        "copy": registered.user.data_copies.get().pk,
        "passkey": Authenticator.objects.create(user=UserFactory(), type="webauthn", data={"name": f"{word}Key"}).pk,
        "person": registered.user_id,
        "delegate": delegate.user_id,
        "category": nominee.category.number,
        "nomination": nomination.code,
        "attachment": nomination.attachments.get().pk,
        "nominee": nominee.code,
        "document": nominee.attachments.get().pk,
        "certificate": Certificate.objects.create(nomination=nominee, kind="champions", issued=NOW).code,
    }


def _files(rows, word):
    content = PDF + word.encode()
    asked, document = rows[FocalPointRequest], rows[Document]
    asked.letter, document.file = stored(content, "letters/letter.pdf"), stored(content, "documents/paper.pdf")
    asked.save()
    document.save()
    rows[OutcomeDocument].pdf.save("document.pdf", ContentFile(content))
    return document.file.name


def _draft_paper(forum, host, word):
    """A document of a session that is not public yet, which somebody holds."""
    session = SessionFactory(forum=forum, state="draft", title=f"{word}Draft session")
    HostedSession.objects.create(session=session, user=host)
    file = stored(PDF + word.encode(), "documents/draft.pdf")
    return Document.objects.create(session=session, title=f"{word}Draft paper", file=file)


def _delegation(rows, focal, word):
    """Somebody who waits for the focal point of their organisation, with a letter."""
    kind = KindFactory(forum=rows[Forum], name=f"{word}Delegate", approval=Approver.FOCAL_POINT)
    point = FocalPointFactory(forum=rows[Forum], user=focal)
    row = RegistrationFactory(
        forum=rows[Forum],
        kind=kind,
        name=f"{word}Delegate",
        affiliation=point.organisation,
        state=Registration.State.WITH_FOCAL_POINT,
    )
    letter = {
        "name": "letter",
        "title": f"{word}letter.pdf",
        "file": stored(PDF + word.encode(), "registrations/a.pdf"),
    }
    RegistrationFile.objects.create(forum=row.forum, user=row.user, uploaded=NOW, **letter)
    return row


def _mailings(forum):
    """A mailing in each state to people whom some of the staff may see, and how many get it."""
    said = {"groups": [{"key": "registered", "options": {}, "is_excluded": False}], "created": NOW, "updated": NOW}
    said |= {"forum": forum, "texts": {"en": {"subject": "News", "text": "Dear {name}"}}, "author": UserFactory()}
    rows = {state: Mailing.objects.create(state=state, **said) for state in ("draft", "sending", "paused")}
    Mailing.objects.exclude(state="draft").filter(forum=forum).update(written=NOW)
    found = sending.find(rows["draft"], by=boss(), now=NOW)[1]
    return {f"mailing-{state}": row.pk for state, row in rows.items()} | {"mailing-number": len(found.people)}


def _attendee(rows, user, word):
    """A registered person with a booking, a copy of their data, and a lost second step."""
    registration = Registration.objects.create(
        forum=rows[Forum],
        user=user,
        name=f"{word}Attendee",
        stakeholder_type="academia",
        country=rows[Registration].country,
        gender="woman",
        time_zone="UTC",
        consented=NOW,
        created=NOW,
    )
    Booking.objects.create(registration=registration, session=rows[Session], created=NOW)
    Approval.objects.create(
        kind="second-step",
        subject=user.pk,
        account=user,
        forum=rows[Forum],
        reason=f"{word}Called",
        proposed_by=UserFactory(),
        proposed=NOW,
    )
    table = {
        "table": "events.document",
        "title": "Papers",
        "labels": [],
        "words": [],
        "rows": [],
        "files": [rows[Document].file.name],
    }
    content = {"tables": [table], "person": word}
    DataCopy.objects.create(user=user, asked=NOW, made=NOW, expires=NOW + timedelta(days=7), content=content)
    return registration


def _prize(edition, people, word):
    """The prize while one votes: the draft of a nominator, and a nominee that the expert reviews; each with a file."""
    Edition.objects.filter(pk=edition.pk).update(is_public=True, nominees_published=NOW - timedelta(days=9))
    edition.refresh_from_db()
    set_phase(edition, "voting")
    category = edition.categories.order_by("pk").first()
    draft = NominationFactory(
        category=category, nominator=people["proposer"], state="draft", submitted=None, title=f"{word}Draft"
    )
    nominee = NominationFactory(category=category, state="nominated", title=f"{word}Nominee")
    for row in (draft, nominee):
        row.attachments.create(title=f"{word}Paper", uploaded=NOW, file=stored(PDF, "nominations/paper.pdf"))
    expert = Expert.objects.create(edition=edition, user=people["expert"])
    Assignment.objects.create(expert=expert, nomination=nominee, assigned=NOW)
    if not word:
        join(people["expert"], Role.EXPERT, forum=edition.forum)
    return draft, nominee
