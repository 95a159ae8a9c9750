"""What belongs to others when somebody is erased: it stays, to the letter, and only the person is taken out."""

from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from django.conf import settings as project
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as LogIn
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.html import escape

from events.models import HistoryEntry, Invitation, Message, Proposal
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.mail.backends import FileBackend
from registration.models import DataCopy, Erasure
from registration.people.data_rights import erasures
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
DUE = NOW + erasures.WAIT


@pytest.fixture
def ann():
    return UserFactory(email="ann@x.org", name="Ann Lee")


@pytest.fixture
def others():
    """Whose addresses and names hold those of Ann."""
    return [
        UserFactory(email="joann@x.org", name="Joann Lee"),
        UserFactory(email="ann@x.org.uk", name="Mary Ann Lee"),
        RegistrationFactory(user__email="lee@y.org", name="Ann Lee Park").user,
        SpeakerFactory(name="Ann Lee-Cho", email="the.ann@x.org"),
    ]


def erase(user, *taken_out):
    erasures.ask(user, taken_out=taken_out, now=NOW)
    erasures.carry_out_due(DUE)
    erasures.carry_out_due(DUE + erasures.AGAIN)
    assert Erasure.objects.get(user=user).state == "done"


def everything(model):
    return list(model.objects.order_by("pk").values())


def test_mails_history_copies_and_log_ins_of_others_stay_to_the_letter(ann, others):
    for place, person in enumerate(others):
        told = {"text": f"{person.name} ({person.email}) asks", "html": f"<b>{person.name}</b> {person.email}"}
        MessageFactory(kind="role", about=ann.pk, to=person.email, subject=person.name, state="sent", **told)
        MessageFactory(kind=f"session-{place}", to="host@y.org", state="queued", **told)
        said = {"reason": person.email, "after": {"speakers": [person.name]}}
        log.record(SessionFactory(), verb=Verb.EDIT_SESSION, by=None, now=NOW, **said)
        DataCopy.objects.create(user=others[0], asked=NOW, made=NOW, expires=DUE, content=told)
    key = f"focal-point-withdrawn:7:{RegistrationFactory().pk}:20200722"
    MessageFactory(kind="focal-point-withdrawn", dedupe_key=key, text="Somebody has withdrawn, says Ann Lee")
    before = [everything(model) for model in (Message, HistoryEntry, DataCopy)]
    known = [{row["id"] for row in rows} for rows in before]
    for person in (others[0], ann):
        session = SessionStore()
        session["account_login"] = {"email": person.email}
        session.save()

    erase(ann)

    after = [everything(model) for model in (Message, HistoryEntry, DataCopy)]
    kept = [[row for row in rows if row["id"] in keys] for rows, keys in zip(after, known, strict=True)]
    assert kept == before
    assert [row.get_decoded() for row in LogIn.objects.all()] == [{"account_login": {"email": "joann@x.org"}}]


@pytest.mark.parametrize("name", ["Ann Lee", "Sinéad O'Brien"])
def test_of_a_mail_and_the_history_of_somebody_else_only_the_person_is_taken_out(ann, name):
    ann.name = name
    ann.save()
    mail = MessageFactory(
        kind="role",
        about=ann.pk,
        to="boss@y.org",
        subject=f"{name} has a new role",
        text=f"{name} (Ann@X.org) is an expert. Ask joann@x.org.",
        html=f"<p>{escape(name)} (<a href='mailto:ann@x.org'>ann@x.org</a>)</p>",
        state="queued",
    )
    known = {"verb": "edit-session", "model": "events.session", "key": "1", "after": {"speakers": [name]}}
    entry = HistoryEntry.objects.create(at=NOW, **known)

    erase(ann)

    mail.refresh_from_db()
    entry.refresh_from_db()
    assert (mail.to, mail.state, mail.subject) == ("boss@y.org", "queued", "… has a new role")
    assert mail.text == "… (…) is an expert. Ask joann@x.org."
    assert mail.html == "<p>… (<a href='mailto:…'>…</a>)</p>"
    assert entry.after == {"speakers": ["…"]}


def test_somebody_of_the_same_name_keeps_it(ann):
    RegistrationFactory(name="Ann Lee", user__email="another@y.org")
    mail = MessageFactory(kind="role", about=ann.pk, text="Ann Lee (another@y.org) and ann@x.org")
    entry = HistoryEntry.objects.create(at=NOW, verb="delete", model="events.speaker", key="1", subject="Ann Lee")

    erase(ann)

    mail.refresh_from_db()
    entry.refresh_from_db()
    assert (mail.text, entry.subject) == ("Ann Lee (another@y.org) and …", "Ann Lee")


def test_mail_files_of_others_stay_and_the_person_is_taken_out(ann):
    words = "Ann Lee (ann@x.org) said no, ask joann@x.org"
    MessageFactory(kind="role", about=ann.pk, text=f"{words}\n", state="sent")
    told = EmailMultiAlternatives("Ann Lee said no", words, to=["host@y.org"])
    told.attach_alternative("<b>Ann Lee</b>", "text/html")
    mails = [
        told,
        EmailMessage("Joann Lee", "Dear Joann Lee", to=["joann@x.org"]),
        EmailMessage("x", "x", to=["Ann@x.org"]),
    ]
    FileBackend().send_messages(mails)
    folder = Path(project.EMAIL_FILE_PATH)
    of_joann = next(path for path in folder.glob("*.eml") if b"Dear Joann" in path.read_bytes())
    before = of_joann.read_bytes()

    erase(ann)

    assert of_joann.read_bytes() == before
    (other,) = set(folder.glob("*.eml")) - {of_joann}
    mail = BytesParser(policy=policy.default).parsebytes(other.read_bytes())
    assert (mail["To"], mail["Subject"]) == ("host@y.org", "… said no")
    words = [part.get_content().strip() for part in mail.walk() if not part.is_multipart()]
    assert words == ["… (…) said no, ask joann@x.org", "<b>…</b>"]
    assert oct(other.stat().st_mode & 0o777) == "0o600"


# --- what co-editors wrote --------------------------------------------------------------------------
def test_shared_draft_stays_the_co_editors_and_the_person_is_taken_out(ann):
    heir, forum = UserFactory(), ForumFactory()
    biography = "She has laid cables in nine countries."
    draft = ProposalFactory(
        forum=forum, proposer=ann, state="draft", submitted=None, title="Cables, by Ann Lee",
        description=f"Villages first. {biography} More by joann@x.org.", answers={"1": "Write to ann@x.org", "2": "Two rooms"},
        organisation_name="Net of Villages", co_organisers=["Ann Lee", "Lowland"],
    )  # fmt: skip
    draft.editors.add(heir)
    draft.invitations.create(name="Ann Lee", email="Ann@x.org", biography=biography, invited=NOW)
    draft.invitations.create(name="Joann Lee", email="joann@x.org", biography="Hers", invited=NOW)

    erase(ann)

    draft.refresh_from_db()
    assert (draft.proposer, draft.state, list(draft.editors.all())) == (heir, "draft", [])
    assert (draft.title, draft.organisation_name) == ("Cables, by …", "Net of Villages")
    assert draft.description == "Villages first. … More by joann@x.org."
    assert (draft.answers, draft.co_organisers) == ({"1": "Write to …", "2": "Two rooms"}, ["…", "Lowland"])
    assert list(draft.invitations.values_list("email", "biography")) == [("joann@x.org", "Hers")]


def test_co_editor_who_is_erased_leaves_the_draft_to_its_proposer(ann):
    draft = ProposalFactory(title="Ours", description="Ask Ann Lee", state="draft", submitted=None)
    draft.editors.add(ann)

    erase(ann)

    found = Proposal.objects.get()
    assert (found.proposer, found.title, found.description) == (draft.proposer, "Ours", "Ask …")
    assert not Invitation.objects.exists()
