"""Somebody who has everything that a person can have here, under a name and addresses that stand nowhere else."""

from datetime import timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from events.models import (
    Approval,
    Availability,
    CollaboratorInvitation,
    Commitment,
    FileImport,
    HistoryEntry,
    HostedSession,
    Invitation,
    Mailing,
    MailingReceiver,
    Membership,
    Outcome,
    PdfFile,
    ProposalComment,
    ProposalReview,
    RefusedMail,
    RowChange,
    SuppressedAddress,
    Viewing,
)
from events.reference import merging
from events.schedule.releases import releases
from events.shared.history import log
from events.shared.history.verbs import Verb
from prizes.models import Assignment, Attachment, Ballot, Expert, NominationVersion
from prizes.vote import network_traces
from registration.models import DataCopy, FocalPointRequest, Formerly, RegistrationDraft, RegistrationFile, SignIn
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    CertificateRuleFactory,
    DoorFactory,
    FocalPointFactory,
    ForumFactory,
    MessageFactory,
    OrganisationFactory,
    RegistrationFactory,
    RegistrationInvitationFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    WaitingFactory,
)
from tests.files import stored
from tests.prizes.factories import NominationFactory, fill_ballot, nominees_of

NAME, ADDRESS, SECOND = "Aïssata Quorranaka", "quorranaka@canary.example", "second.quorranaka@canary.example"
FORMER = "former.quorranaka@canary.example"
MARK = "quorranaka"  # in small letters, in all that is theirs
DOCUMENT = b"%PDF-1.4 quorranaka wrote this"
PICTURE = b"\x89PNG\r\n\x1a\n quorranaka is seen here"


class Somebody:
    """`forum` and `edition`: where they take part; the edition is in its vote."""

    def __init__(self, forum, edition):
        self.forum, self.edition = forum, edition
        own = {"title": MARK, "organisation": f"{MARK} ltd"}
        self.user = UserFactory(email=ADDRESS, name=NAME, password=f"!{MARK}", **own)
        EmailAddress.objects.create(user=self.user, email=ADDRESS, verified=True, primary=True)
        EmailAddress.objects.create(user=self.user, email=SECOND, verified=True)
        self.session = SessionFactory(forum=forum, starts=NOW - timedelta(days=2))
        self.colleague = UserFactory()
        self._registers()
        self._speaks()
        self._proposes()
        self._takes_part_in_the_prize()
        self._leaves_traces()

    def _registers(self):
        mine = {
            "name": NAME,
            "latin_name": f"{MARK} latin",
            "title": MARK,
            "organisation": f"{MARK} ltd",
            "accessibility_needs": f"{MARK} needs",
        }
        typed = OrganisationFactory(name=f"{MARK} ltd", acronym=MARK, website=f"https://{MARK}.test/", is_checked=False)
        mine |= {"link_seed": MARK * 3, "affiliation": typed, "answers": {"question-1": MARK}}
        self.registration = RegistrationFactory(user=self.user, forum=self.forum, **mine)
        FocalPointFactory(user=self.user, forum=self.forum)
        asked = FocalPointRequest(user=self.user, forum=self.forum, organisation_name=f"{MARK} ltd", asked=NOW)
        asked.reason = f"{NAME} is unknown"
        asked.letter = stored(DOCUMENT, "letters/letter.pdf")
        asked.save()
        RegistrationInvitationFactory(forum=self.forum, email=ADDRESS, name=NAME)
        RegistrationInvitationFactory(
            forum=self.forum, email=f"{MARK}@old.example", name=NAME, registration=self.registration
        )
        self.registration.steps.create(after="approved", by=self.colleague, at=NOW, reason=f"{NAME} is known")
        self.booking = BookingFactory(registration=self.registration, session=SessionFactory(forum=self.forum))
        BookingFactory(registration=self.registration, session=self.session)
        WaitingFactory(registration=self.registration, session=SessionFactory(forum=self.forum))
        AttendanceFactory(registration=self.registration, session=self.session)
        self.registration.stays.update(device=f"phone of {NAME}")
        scanned = {"key": uuid4(), "direction": "in", "outcome": "in", "at": NOW, "received": NOW}
        self.registration.scans.create(door=DoorFactory(forum=self.forum), **scanned)
        given = {"forum": self.forum, "user": self.user, "name": "letter", "title": f"{MARK}.pdf", "uploaded": NOW}
        RegistrationFile.objects.create(**given, file=stored(DOCUMENT, "registrations/letter.pdf"))
        self.registration.letters.create(name=NAME, organisation=f"{MARK} ltd", issued=NOW)
        rule = CertificateRuleFactory(forum=self.forum)
        self.user.certificates.create(rule=rule, issued=NOW, withdrawn=NOW, reason=f"{NAME} was not there")
        other = ForumFactory(slug="next")
        RegistrationDraft.objects.create(forum=other, user=self.user, data={"name": NAME})
        DataCopy.objects.create(user=self.user, asked=NOW, made=NOW, expires=NOW, content={"name": NAME})
        Formerly.objects.create(user=self.user, email=FORMER, name=f"{NAME} Lee", until=NOW)
        seen = {"rows": [{"text": f"{NAME} cannot come"}]}
        DataCopy.objects.create(user=self.colleague, asked=NOW, made=NOW, expires=NOW, content={"tables": [seen]})

    def _speaks(self):
        """In public, and in the draft of another session."""
        told = {"forum": self.forum, "name": NAME, "position": f"head of {MARK}", "biography": f"{MARK} writes"}
        told |= {"form_of_address": MARK, "origin_id": MARK}
        photo = stored(PICTURE, "speakers/me.png")
        self.speaker = SpeakerFactory(organisation=OrganisationFactory(), gender="woman", photo=photo, **told)
        AppearanceFactory(session=self.session, speaker=self.speaker)
        Availability.objects.create(speaker=self.speaker, starts=NOW, ends=NOW + timedelta(hours=1))
        releases.release(self.forum, by=UserFactory(), note="", now=NOW)
        released = self.forum.releases.get()
        released.changes = [
            {"kind": "new", "code": entry["code"], "title": "New", "before": None, "after": entry}
            for entry in released.timetable
        ]
        released.save(update_fields=["changes"])
        self.drafted = SpeakerFactory(**told)
        AppearanceFactory(session=self.booking.session, speaker=self.drafted, is_released=False)
        self.speaker.account, self.speaker.email = self.user, ADDRESS
        self.speaker.save()
        asked = {"name": NAME, "biography": f"{MARK} wrote", "state": "accepted", "invited": NOW, "position": MARK}
        asked |= {"organisation_name": f"{MARK} gmbh"}
        self.asked = Invitation.objects.create(
            session=self.session, email=ADDRESS.title(), speaker=self.speaker, **asked
        )
        Invitation.objects.create(session=self.booking.session, email=SECOND, speaker=self.drafted, **asked)
        HostedSession.objects.create(session=self.session, user=self.user)
        outcome = Outcome.objects.create(forum=self.session.forum, kind="launch", title="A network")
        promised = Commitment.objects.create(outcome=outcome, organisation=OrganisationFactory(), owner=self.user)
        promised.reports.create(state="kept", text="All are connected", reported=NOW, by=self.user)
        merged = OrganisationFactory(name=f"{MARK} gmbh", is_checked=False)
        merging.merge(merged, into=OrganisationFactory(), by=self.colleague, now=NOW)

    def _proposes(self):
        own = {"forum": self.forum, "proposer": self.user, "title": f"{MARK} proposes", "description": MARK}
        own |= {"organisation_name": f"{MARK} ltd"}
        self.proposal_draft = ProposalFactory(state="draft", submitted=None, **own)
        self.undecided = ProposalFactory(answers={"1": f"call {MARK}"}, co_organisers=[f"{MARK} ltd"], **own)
        self.undecided.links.create(action_line=ActionLineFactory(), rationale=f"{MARK} helps")
        self.undecided.invitations.create(name="Another", email="another@example.org", invited=NOW)
        self.declined = ProposalFactory(state="declined", **own)
        self.accepted = ProposalFactory(
            forum=self.forum, proposer=self.user, title="Public", session=self.session, state="accepted",
            answers={"1": f"call {MARK}"},
        )  # fmt: skip
        self.shared = ProposalFactory(
            forum=self.forum, proposer=self.user, title=f"Ours, by {NAME}", state="draft", submitted=None,
            answers={"1": f"Write to {ADDRESS}", "2": "Three rooms"}, description=f"Villages. {MARK} writes.",
        )  # fmt: skip
        self.shared.editors.add(self.colleague)
        theirs = ProposalFactory(forum=self.forum, proposer=self.colleague)
        theirs.editors.add(self.user)
        self.joined = CollaboratorInvitation.objects.create(
            proposal=theirs, email=ADDRESS, user=self.user, state="joined", invited=NOW, changed=NOW
        )
        ProposalReview.objects.create(proposal=theirs, reviewer=self.user, points=3, comment="Good", updated=NOW)
        ProposalComment.objects.create(proposal=theirs, author=self.user, at=NOW, text="Merge it")

    def _takes_part_in_the_prize(self):
        nomination_texts = ("description", "economic_impact", "social_impact", "environmental_impact")
        nomination_texts += ("partnerships", "challenges", "screening_words")
        nominees = nominees_of(self.edition, 1)
        category = nominees[0].category
        self.ballot = fill_ballot(self.edition, {1: nominees[0]}, user=self.user)
        Ballot.objects.filter(pk=self.ballot.pk).update(secret=MARK.upper() * 2)
        self.ballot.refresh_from_db()
        network_traces.leave(self.ballot, ip="203.0.113.9")  # makes the key of the edition
        own = {"category": category, "nominator": self.user}
        own |= dict.fromkeys(nomination_texts, f"{MARK} did it")
        own |= {"website": f"https://{MARK}.test/", "links": [f"https://{MARK}.test/"], "changes": {"title": MARK}}
        whole = own | {"title": f"{MARK} project", "entity_name": f"{MARK} ltd"}
        self.nominee = NominationFactory(state="nominated", **own)
        self.unchosen = NominationFactory(state="not_nominated", **whole)
        self.nomination_draft = NominationFactory(state="draft", submitted=None, **whole)
        for place, row in enumerate((self.nominee, self.unchosen, self.nomination_draft)):
            row.linkages.create(sdg=SDGFactory(), text=f"{MARK} helps")
            cv, earlier = (stored(DOCUMENT, f"nominations/{name}{place}.pdf") for name in ("cv", "earlier"))
            Attachment.objects.create(nomination=row, title=f"{MARK} {place}", file=cv, uploaded=NOW)
            data = {"description": MARK, "files": [{"title": MARK, "name": earlier}]}
            NominationVersion.objects.create(nomination=row, number=1, at=NOW, by=self.user, data=data)
        self.expert = Expert.objects.create(edition=self.edition, user=self.user, organisation=f"{MARK} ltd")
        waiting, done = nominees[0], nominees[1]
        Assignment.objects.create(expert=self.expert, nomination=waiting, assigned=NOW)
        Assignment.objects.create(
            expert=self.expert, nomination=done, state="done", assigned=NOW, answer=f"{MARK} knows them", comment="Good"
        )

    def _leaves_traces(self):
        sent = {"calendar": NAME, "unsubscribe_url": f"https://x.test/{MARK}", "last_error": f"<{ADDRESS}> is unknown"}
        MessageFactory(to=ADDRESS, user=self.user, subject=f"Dear {NAME}", state="sent", **sent)
        MessageFactory(to=SECOND, text=f"Dear {NAME}", html=f"<p>{MARK}</p>")
        to_others = {"user": self.colleague, "to": self.colleague.email, "state": "sent"}
        said_no = {"text": f"{NAME} cannot come", "html": f"<b>{NAME}</b> cannot"}
        MessageFactory(kind="speaker-said-no", about=self.asked.pk, **said_no, **to_others)
        about = self.undecided.collaborator_invitations.create(email="mate@x.org", invited=NOW, changed=NOW)
        MessageFactory(kind="proposal-editor", about=about.pk, text=f"{NAME} ({ADDRESS.title()}) asks you", **to_others)
        proposal = self.joined.proposal_id
        key = {"dedupe_key": f"proposal-editors:{proposal}:{self.colleague.pk}:{self.joined.pk}:joined"}
        MessageFactory(kind="proposal-editors", about=proposal, text=f"{NAME} edits it with you", **key, **to_others)
        told = {"subject": f"{NAME} has a new role", "text": f"{NAME} is an expert"}
        MessageFactory(kind="role", about=self.user.pk, **told, **to_others)
        told = {
            "subject": f"{NAME} has withdrawn",
            "dedupe_key": f"focal-point-withdrawn:7:{self.registration.pk}:20200722",
        }
        MessageFactory(kind="focal-point-withdrawn", about=7, **told, **to_others)
        log.record(UserFactory(), verb=Verb.GIVE_ROLE, by=self.user, now=NOW, label="#1")
        given = int(HistoryEntry.objects.latest("pk").key)
        log.record(type(self.user)(), verb=Verb.EXPORT_TABLE, by=self.user, now=NOW, label="accounts: 3")
        MessageFactory(kind="role", about=given, text=f"{NAME} gave Ben a role", **to_others)
        MessageFactory(to=FORMER, user=self.user, text=f"Write to {FORMER}")
        held = {"given_by": self.colleague, "given_at": NOW, "agreed_at": NOW}
        Membership.objects.create(account=self.user, role="experts", reason=MARK, **held)
        said = {"en": {"subject": NAME, "text": f"{NAME} speaks ({ADDRESS})"}}
        mailing = Mailing.objects.create(
            forum=self.forum, author=self.colleague, created=NOW, updated=NOW, texts=said, state="sent"
        )
        MessageFactory(kind="mailing-news", about=mailing.pk, text=f"{NAME} speaks", **to_others)
        MailingReceiver.objects.create(
            mailing=mailing, number=0, user=self.user, address=ADDRESS, name=NAME, language="en", group=0, title=MARK
        )
        RefusedMail.objects.create(user=self.user, kind="reminders")
        SuppressedAddress.objects.create(address=ADDRESS, reason="bounced", since=NOW, said=f"<{ADDRESS}> is unknown")
        Viewing.objects.create(by=self.colleague, at=NOW, kind="list", model="x.y", number=1, people=[self.user.pk])
        log.record(self.shared, verb=Verb.REMOVE_EDITOR, by=self.colleague, now=NOW, reason=NAME)
        known = {"subject": NAME, "before": {"speakers": [f"{NAME} <{ADDRESS}>"]}, "reason": f"{SECOND} asked"}
        entry = HistoryEntry.objects.create(at=NOW, verb="delete", model="events.speaker", key="0", **known)
        deleted = {"account_id": None, "email": ADDRESS.title()}
        for key, column in ((0, deleted), (1, {"account_id": self.user.pk}), (self.speaker.pk, {})):
            values = {"name": NAME, "biography": f"{NAME} writes"} | column
            RowChange.objects.create(act=entry, model="events.speaker", key=key, before=values, after={"name": NAME})
        LogEntry.objects.create(
            user=self.user, object_id=MARK, object_repr=NAME, action_flag=2, change_message=f"{MARK} changed"
        )
        Authenticator.objects.create(user=self.user, type=Authenticator.Type.TOTP, data={"secret": MARK})
        SocialAccount.objects.create(user=self.user, provider="https://idp.example.org", uid=MARK)
        log.record(self.session, verb=Verb.EDIT_SESSION, by=self.user, now=NOW, after={"speakers": [NAME, "Another"]})
        PdfFile.objects.create(digest="d1", source={"name": NAME}, file=MARK.encode(), asked=NOW)
        told = {"file": MARK.encode(), "answers": {"names": {NAME: "make"}}, "error": f"{NAME} has withdrawn"}
        FileImport.objects.create(asked_by=self.colleague, asked=NOW, state="refused", **told)
        for held in ({"_auth_user_id": str(self.user.pk)}, {"account_login": {"email": SECOND}}, {"other": "1"}):
            session = SessionStore()
            session.update(held)
            session.save()
        known = SessionStore()
        known["_auth_user_id"] = str(self.user.pk)
        known.save()
        SignIn.objects.create(
            session_id=known.session_key, user=self.user, began=NOW, browser=MARK, system=MARK, network=MARK
        )
        proposed = {"kind": "second-step", "subject": self.user.pk, "proposed_by": self.colleague, "proposed": NOW}
        Approval.objects.create(account=self.user, reason=MARK, **proposed)


def columns_with(*words, tables=None):
    """Where in the database the words stand, in whatever capitals: table → its columns. Looks into every column that holds
    text, JSON or bytes, of all tables or of some; what stands packed there has to be looked for apart."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type NOT IN ('integer', 'bigint', 'smallint', 'boolean', 'date', 'timestamp with time zone')"
            " GROUP BY 1 ORDER BY 1"
        )
        for table, columns in cursor.fetchall():
            if tables is not None and table not in tables:
                continue
            texts = [f"""count(*) FILTER (WHERE "{name}"::text ILIKE ANY(%(words)s))""" for name in columns]
            coded = [word.encode().hex() for word in words]  # bytes are shown as hexadecimal digits
            cursor.execute(
                f'SELECT {", ".join(texts)} FROM "{table}"', {"words": [f"%{one}%" for one in (*words, *coded)]}
            )
            if held := {name for name, number in zip(columns, cursor.fetchone(), strict=True) if number}:
                found[table] = held
    return found


def tables_with(*words):
    """The names of the tables in which the words stand."""
    return list(columns_with(*words))


def files_with(folder, *words):
    """The files below a folder in whose bytes or names one of the words stands."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [
        path
        for path in paths
        for word in words
        if word.encode() in path.read_bytes().lower() or word in path.name.lower()
    ]
