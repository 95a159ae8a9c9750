"""Whose a row is: that of the account that it names; an address counts where it names none. Rows at an address that somebody left stay
theirs, whoever has it now. And whose words: a name is taken out only where rows tell of the person who is erased."""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from events.models import CollaboratorInvitation, HistoryEntry, Invitation, Mailing, Message, RowChange, Speaker, User
from events.proposals.hosting import hosts
from events.proposals.speakers import speaker_accounts
from events.shared.history import acts, log, taking_back
from events.shared.history.verbs import Verb
from registration.models import DataCopy
from registration.people.account_page import account
from registration.people.data_rights import copies, everything_held
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    MessageFactory,
    RegistrationInvitationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    confirmed,
    staff,
)
from tests.prizes.vote.test_one_ballot_an_address import change
from tests.registration.people.accounts.test_accounts import OTHER, code_in, confirm, mails, sign_up
from tests.registration.people.data_rights.somebody import tables_with
from tests.registration.people.data_rights.test_others import erase, everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
OFFICE, HOME = "office@gov.example", "ann@home.example"


def held(user, model):
    """The rows of a table that a copy of somebody's data gives out."""
    tables = copies.content(user, now=NOW)["tables"]
    return [row for table in tables if table["table"] == model._meta.label_lower for row in table["rows"]]


def owner(email=OFFICE, name="Ann Lee"):
    user = confirmed(email=email, name=name)
    user.set_password(OTHER)
    user.save()
    return user


# --- an account, else an address ----------------------------------------------------------------------
@pytest.mark.parametrize(("is_by_invitation", "is_released"), [(True, False), (False, True)])
def test_speaker_of_an_account_is_not_that_of_the_office_where_the_invitation_went(is_by_invitation, is_released):
    minister, office = confirmed(name="Amina Diallo"), owner(name="Karl Sommer")
    speaker = SpeakerFactory(name="Amina Diallo", biography="Since 2017", email="" if is_by_invitation else OFFICE)
    session = SessionFactory(forum=speaker.forum)
    AppearanceFactory(session=session, speaker=speaker, is_released=is_released)
    asked = Invitation(session=session, name="Amina Diallo", email=OFFICE, state="accepted", speaker=speaker)
    asked.save()
    if is_by_invitation:
        speaker_accounts.connect_invited(asked, by=minister, now=NOW)
    else:
        speaker_accounts.connect(speaker, by=minister, now=NOW)
    before = everything(Speaker), everything(Invitation)
    assert (len(held(minister, Speaker)), len(held(minister, Invitation))) == (1, 1)

    assert (held(office, Speaker), held(office, Invitation)) == ([], [])
    assert everything_held.published(everything_held.person_of(office)) == []
    erase(office)
    assert (everything(Speaker), everything(Invitation)) == before
    erase(minister)
    assert not Invitation.objects.exists()


def rows_at(address, **whose):
    """A row in each table that names an account and an address."""
    session, proposal = SessionFactory(), ProposalFactory()
    mailing = Mailing.objects.create(forum=session.forum, author=UserFactory(), created=NOW, updated=NOW)
    user, told = whose.get("user"), {"invited": NOW, "changed": NOW}
    return [
        SpeakerFactory(email=address, account=user),
        Invitation.objects.create(session=session, name="N", email=address, account=user, invited=NOW),
        CollaboratorInvitation.objects.create(proposal=proposal, email=address, user=user, state="joined", **told),
        MessageFactory(to=address, user=user),
        mailing.receivers.create(number=0, user=user, address=address, language="en", group=0),
        *([] if user else [RegistrationInvitationFactory(forum=session.forum, email=address)]),
    ]


def test_row_that_names_an_account_is_its_own_in_every_table_and_one_without_is_that_of_the_address():
    ann, other = owner(), UserFactory()
    of_ann, of_nobody, of_other = rows_at("x@y.org", user=ann), rows_at(OFFICE.title()), rows_at(OFFICE, user=other)

    erase(ann)

    def is_there(row):
        found = type(row)._base_manager.filter(pk=row.pk)
        return (found.exclude(to="") if isinstance(row, Message) else found).exists()

    assert [is_there(row) for row in (*of_ann, *of_nobody)] == [False] * 11
    assert all(map(is_there, of_other))


# --- an address, or a name, of before -----------------------------------------------------------------
def test_nothing_of_a_former_address_and_a_former_name_is_left(client):
    session, ann, boss = SessionFactory(), owner(), UserFactory()
    MessageFactory(to=OFFICE, text="Dear Ann Lee", html="<p>Dear Ann Lee</p>", state="sent")
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=session.forum, name="Ann Lee", email=OFFICE))
    Invitation.objects.create(session=session, name="Ann Lee", email=OFFICE, biography="Hers", invited=NOW)
    log.record(session, verb=Verb.ADD_HOST, by=boss, now=NOW, reason="Ann Lee")
    MessageFactory(kind="role", about=ann.pk, to="host@y.org", text=f"Ann Lee ({OFFICE}) has a role", state="sent")
    change(ann, to="middle@home.example")
    change(ann, to=HOME)
    account.edit(ann, data={"name": "Ann Roe"}, now=NOW)
    rows = everything_held.published(everything_held.person_of(User.objects.get(pk=ann.pk)))
    assert [one.title for one in rows] == ["Ann Lee"]

    ann.refresh_from_db()
    erase(ann, rows[0].key)

    assert tables_with("ann lee", "gov.example", "home.example") == []


@pytest.mark.parametrize("leaves_it_too", [False, True])
def test_who_has_the_address_next_neither_reads_nor_empties_what_is_of_the_person_before(client, leaves_it_too):
    forum = ForumFactory()
    ann = owner()
    own = MessageFactory(user=ann, to=OFFICE, text="Your passport", state="sent")
    asked = [MessageFactory(to=OFFICE, text="Dear Ann Lee", state="sent"), SpeakerFactory(name="Ann Lee", email=OFFICE)]
    change(ann, to=HOME)
    notice = Message.objects.filter(to=OFFICE, kind="account").latest("pk")
    sign_up(client, OFFICE)
    confirm(client, code_in(mails(OFFICE)[-1]))
    new = User.objects.get(email=OFFICE)
    later = SpeakerFactory(name="Ben Roe", email=OFFICE, forum=forum)
    if leaves_it_too:
        new.set_password(OTHER)
        new.save()
        change(new, to="ben@home.example")

    assert notice.user == ann
    assert [row["name"] for row in held(new, Speaker)] == ["Ben Roe"]
    assert not {"Your passport", "Dear Ann Lee"} & {row["text"] for row in held(new, Message)}
    assert {"Your passport", "Dear Ann Lee"} <= {row["text"] for row in held(ann, Message)}
    erase(new)
    own.refresh_from_db()
    assert (own.user, own.text, type(asked[1]).objects.filter(pk=asked[1].pk).exists()) == (ann, "Your passport", True)
    assert not Speaker.objects.filter(pk=later.pk).exists()


def test_rows_that_came_to_a_former_address_later_and_its_mention_are_those_of_who_has_it_now():
    ann = owner()
    change(ann, to=HOME)
    new = owner(name="Ben Roe")
    SpeakerFactory(name="Ben Roe", email=OFFICE)
    later = [MessageFactory(to=OFFICE), MessageFactory(text=f"Write to {OFFICE}")]
    known = Message.objects.filter(pk__in=[row.pk for row in later]).order_by("pk").values()
    before = everything(Speaker), list(known)

    erase(User.objects.get(pk=ann.pk))

    assert (everything(Speaker), list(known.all())) == before
    assert held(new, Speaker)


# --- words that somebody calls their name -------------------------------------------------------------
TITLE = "Digital Inclusion for All"
WORDS = [TITLE, "Press the button to go on: https", "Room A", "Ministerial Round", "of the"]


@pytest.mark.parametrize("is_speaker", [True, False])
def test_words_of_others_stay_whatever_somebody_calls_their_name(is_speaker):
    rival = UserFactory(name="Rival Person")
    session = SessionFactory(title=TITLE, description=f"{TITLE}, one of the year")
    theirs = ProposalFactory(
        proposer=rival, title=TITLE, state="submitted", submitted=NOW, description=f"{TITLE}. " * 9
    )
    told = (
        f"We accepted your proposal {TITLE}, one of the best. Press the button to go on: https://forum.example/2020/x"
    )
    MessageFactory(user=rival, to=rival.email, kind="proposal-accepted", about=theirs.pk, subject=TITLE, text=told)
    said = {"en": {"subject": TITLE, "text": told}}
    Mailing.objects.create(forum=session.forum, texts=said, author=rival, created=NOW, updated=NOW)
    DataCopy.objects.create(
        user=rival, asked=NOW, made=NOW, expires=timezone.now(), content={"title": TITLE, "text": told}
    )
    changed = {"before": {"title": TITLE, "room": "Room A moved by hand"}, "after": {"room": "one of the rooms"}}
    entry = log.record(
        session, verb=Verb.EDIT_SESSION, by=rival, now=NOW, label="Ministerial Round Table", reason=told, **changed
    )
    entry.row_changes.create(model="events.session", key=session.pk, **changed)
    other = SpeakerFactory(name="Rival Person", biography=TITLE)
    entry.row_changes.create(model="events.speaker", key=other.pk, before={"biography": TITLE}, after={"biography": ""})
    everybody = [owner(f"{place}@gov.example", name=name) for place, name in enumerate(WORDS)]
    theirs.editors.add(*everybody)
    theirs.invitations.create(name="X Y", email="mate@x.org", invited=NOW)
    models = (Message, Mailing, DataCopy, HistoryEntry, RowChange)
    before = [everything(model) for model in models]
    known = everything(type(theirs))
    for somebody in everybody if is_speaker else ():
        said = {"name": somebody.name, "email": somebody.email, "biography": theirs.description}
        theirs.invitations.create(invited=NOW, **said)
        SpeakerFactory(name=somebody.name, account=somebody, biography=TITLE)

    for somebody in everybody:
        erase(somebody)
    assert [everything(model)[: len(rows)] for model, rows in zip(models, before, strict=True)] == before
    assert everything(type(theirs)) == known


def test_title_comes_back_as_it_was_where_somebody_of_that_name_is_erased_meanwhile():
    session = SessionFactory(title="Opening of the Forum")
    organiser = staff("organisers")
    with acts.act(session.forum, verb=Verb.EDIT_TOGETHER, by=organiser, now=NOW, kept=["title"]) as act:
        act.will_change(type(session).objects.filter(pk=session.pk))
        type(session).objects.filter(pk=session.pk).update(title="Wrong title")

    erase(UserFactory(name="Opening of the Forum"))

    taking_back.take_back(act.entry, by=organiser, now=NOW)
    session.refresh_from_db()
    assert session.title == "Opening of the Forum"


def test_person_is_found_where_rows_name_people_though_nothing_else_ties_them():
    ann, session = owner(), SessionFactory()
    hosts.remove(hosts.add(session, user=ann, by=staff("organisers"), now=NOW), by=staff("organisers"), now=NOW)
    told = {"appearance added": ["Dr Ann Lee (Panellist)"], "track": "Ann Lee"}
    log.record(session, verb=Verb.EDIT_SESSION, by=None, now=NOW, after=told)
    gone = SpeakerFactory(name="Ann Lee")
    log.record(gone, verb=Verb.DELETE, by=None, now=NOW, before={"name": "Ann Lee", "position": "Ann Lee"})
    gone.delete()
    shown = SpeakerFactory(account=ann, name="Ann Lee", forum=session.forum)
    AppearanceFactory(session=session, speaker=shown)
    past = {"forum": session.forum, "author": UserFactory(), "created": NOW, "updated": NOW}
    sent, draft = (
        Mailing.objects.create(**past, texts={"en": {"text": "Ann Lee speaks"}}, state=state)
        for state in ("sent", "draft")
    )

    erase(ann)

    assert not HistoryEntry.objects.filter(reason="Ann Lee").exists()
    assert HistoryEntry.objects.get(verb="edit-session").after == {
        "appearance added": ["Dr … (Panellist)"],
        "track": "Ann Lee",
    }
    deleted = HistoryEntry.objects.get(verb="delete")
    assert (deleted.subject, deleted.before) == ("…", {"name": "…", "position": "Ann Lee"})
    sent.refresh_from_db()
    draft.refresh_from_db()
    assert (sent.texts["en"]["text"], draft.texts["en"]["text"]) == ("… speaks", "Ann Lee speaks")


def test_copies_of_others_lose_what_their_mails_lose_and_nothing_else():
    """An address of the person that somebody else merely entered goes too."""
    ann, other = owner(), UserFactory()
    EmailAddress.objects.create(user=other, email=OFFICE, verified=False)
    MessageFactory(kind="role", about=ann.pk, user=other, to=other.email, text="Ann Lee has a role\n", state="sent")
    told = {"rows": [{"text": "Ann Lee has a role\n"}, {"title": "Ann Lee"}, {"text": "x", "to": OFFICE}]}
    DataCopy.objects.create(user=other, asked=NOW, made=NOW, expires=timezone.now(), content=told)

    erase(ann)

    left = [{"text": "… has a role\n"}, {"title": "Ann Lee"}, {"text": "x", "to": "…"}]
    assert DataCopy.objects.get().content == {"rows": left}
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("now_of", [{"name": "Lena Berg"}, {"name": "Lena Berg", "email": "lena@un.example"}])
def test_row_that_has_become_somebody_elses_since_is_not_of_who_left_its_address(now_of):
    """The successor answers the same invitation, or organisers put another speaker into the row."""
    karl = owner(name="Karl Sommer")
    speaker = SpeakerFactory(name="Karl Sommer", email=OFFICE)
    change(karl, to=HOME)
    assert [row["name"] for row in held(karl, Speaker)] == ["Karl Sommer"]

    Speaker.objects.update(biography="Lena’s", **now_of)
    lena = owner(now_of.get("email", OFFICE), name="Lena Berg")

    assert (held(karl, Speaker), [row["biography"] for row in held(lena, Speaker)]) == ([], ["Lena’s"])
    erase(karl)
    assert Speaker.objects.get().pk == speaker.pk
