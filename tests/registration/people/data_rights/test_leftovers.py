"""Nothing is left of somebody who had everything: they have something in every column that may hold it, and for every step of the
erasure there is something that only this step takes away, so the search would notice."""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session as LogIn
from django.core.files.storage import default_storage
from django.db import models, transaction

from events import personal_data
from events.models import User
from events.shared.held_rows import Held
from prizes import personal_data as prize_data
from registration.models import Erasure
from registration.people.data_rights import erasures, everything_held, own_rows, typed_organisations
from tests.factories import NOW
from tests.registration.people.data_rights.somebody import MARK, columns_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]
DUE = NOW + erasures.WAIT
WORDS = (MARK, "canary.example")
# Tables in which nobody's texts stand, or those of the organisers about the forum and the prize.
OF_THE_FORUM = {
    *("auth_group", "auth_permission", "config_lastrun", "django_content_type", "events_domainpace"),
    *("events_actionline", "events_audience", "events_call", "events_country", "events_forum", "events_matrixlink"),
    *("events_partner", "events_question", "events_room", "events_sdg", "events_sessiontype", "events_track"),
    *("events_mailing.groups", "events_mailing.key", "events_mailing.left_out", "events_mailingreceiver.language"),
    *("events_practicalpage", "events_news", "events_searchwords", "events_theme", "events_mailtext"),
    *(
        "prizes_category",
        "prizes_count",
        "prizes_criterion",
        "prizes_earlierwinner",
        "prizes_edition",
        "prizes_turnout",
    ),
    *(
        "registration_kind",
        "registration_registrationquestion",
        "registration_retentionperiod",
        "registration_tally",
        "registration_publishedfigures",
    ),
    *("registration_door", "registration_doorpass"),
}
# Of sessions and what came of them; and reasons and points of reviewers and officers, which stay (decision 0028).
OF_OTHERS = {
    *("events_document", "events_outcome", "events_session", "events_proposalcomment"),
    *("events_sessionreport", "events_commitment", "events_commitmentreport"),
    *(
        "events_proposalreview",
        "events_release.note",
        "prizes_actbytwo",
        "prizes_announcement",
        "prizes_assignment.comment",
    ),
    *("prizes_quarantine", "prizes_recount", "prizes_waiver", "prizes_winner"),
}
# The site itself writes them: numbers, codes, names of columns, random names of files, hashes.
OF_THE_SITE = {
    "registration_spentcode",  # digests of codes, which name nobody
    *("events_approval.kind", "events_approval.values"),  # which act it is; moments, numbers, a role
    *(
        "socialaccount_socialapp",
        "socialaccount_socialtoken",
    ),  # empty: the organisation is a setting, tokens are not kept
    *("socialaccount_socialaccount.provider", "socialaccount_socialaccount.extra_data"),  # its server; empty
    *("account_emailconfirmation.key", "events_collaboratorinvitation.token", "events_invitation.token"),
    *("django_session.session_data", "django_session.session_key"),  # looked for apart: it is packed
    *("events_historyentry.key", "events_historyentry.model", "events_historyentry.verb", "events_pdffile.digest"),
    *("events_rowchange.key", "events_rowchange.model", "events_fileimport.token", "events_fileimport.kind"),
    *("events_fileimport.slug", "events_fileimport.language", "events_fileimport.digest", "events_fileimport.changed"),
    *("events_fileimport.wrong", "events_fileimport.result"),
    *("events_message.dedupe_key", "events_message.kind", "events_message.language", "events_refusedmail.kind"),
    *("events_proposal.avoided_days", "events_proposal.code", "events_proposal.wished_days", "events_speaker.photo"),
    *(
        "events_user.list_columns",
        "events_user.time_zone",
        "events_viewing.model",
        "events_viewing.people",
        "prizes_assignment.conflicts",
    ),
    *("prizes_attachment.file", "prizes_block", "prizes_certificate", "prizes_commitment", "prizes_erasedvoter"),
    *("prizes_nomination.code", "prizes_nomination.language", "prizes_trace", "prizes_vote", "registration_erasure"),
    *("registration_registrationinvitation.digest", "registration_focalpointrequest.letter"),
    *("registration_registration.languages", "registration_registration.time_zone"),
    "registration_formerly.rows",  # keys
    *("registration_registrationfile.file", "registration_registrationfile.name", "registration_invitationletter.code"),
    *("registration_participationcertificate.code", "prizes_outcomedocument"),
    *("events_pdffile.error", "registration_datacopy.error"),
    *("events_failedrow.sweep", "events_failedrow.row", "events_failedrow.error"),
}


def is_free(field):
    """Whether a column may hold what somebody wrote."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)
    return isinstance(field, kinds) and not field.choices


def ask(user):
    person = everything_held.person_of(user)
    erasures.ask(user, taken_out=[one.key for one in everything_held.published(person)], now=NOW)


def test_somebody_has_something_in_every_column_that_may_hold_it(somebody):
    free = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if is_free(field)
    }
    planted = {f"{table}.{name}" for table, names in columns_with(*WORDS).items() for name in names}
    declared = OF_THE_FORUM | OF_OTHERS | OF_THE_SITE

    assert {column for column in free - planted if not {column, column.partition(".")[0]} & declared} == set()
    assert {column for column in planted if {column, column.partition(".")[0]} & declared} == set()


# --- each step is needed ----------------------------------------------------------------------------
STEPS = {
    "rows of the prize": (prize_data, "_part_with_nominations", {"prizes_nomination", "prizes_attachment"}),
    "proposals": (personal_data, "_part_with_proposals", {"events_proposal"}),
    "mails to others": (personal_data, "_leave_mails_to_others", {"events_message"}),
    "speakers": (personal_data, "_part_with_speakers", {"events_speaker", "events_release"}),
    "history": (personal_data, "_clear_history", {"events_historyentry", "events_rowchange"}),
    "mails on roles and withdrawals": (own_rows, "_first", {"events_message"}),
    "typed organisations": (typed_organisations, "forget", {"events_organisation", "events_organisationname"}),
    "the account": (erasures, "_leave_nothing", {"events_user"}),
    "log-ins": (erasures, "end_all", set()),
}


@contextmanager
def undone():
    """What is done in here is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def left(user, tables):
    """What is left in these tables once the erasure is carried out."""
    ask(user)
    erasures.carry_out_due(DUE)
    assert Erasure.objects.get(user=user).state == "erased"
    return set(columns_with(*WORDS, tables=tables)) | {
        "django_session" for row in LogIn.objects.all() if set(row.get_decoded()) != {"other"}
    }


@pytest.mark.parametrize("step", STEPS)
def test_search_notices_when_a_step_is_left_out(somebody, monkeypatch, step):
    module, name, tables = STEPS[step]
    monkeypatch.setattr(module, name, lambda *_args, **_more: [])

    assert left(somebody.user, tables) == (tables or {"django_session"})


@pytest.mark.services  # half a second for each table
def test_rows_of_each_table_are_left_where_they_are_not_erased(somebody, monkeypatch):
    """By their words, or by what leads to the account."""
    erase, unnoticed = Held.erase, set()
    monkeypatch.setattr(type(default_storage._wrapped), "delete", lambda *_args: None)  # files are not taken back
    held = [one for part in everything_held.parts() for one in part.held if one.emptied is None or one.emptied]

    for one in held:
        assert one.find(everything_held.person_of(somebody.user)).exists()
        monkeypatch.setattr(Held, "erase", lambda this, person, out=one: this.model is out.model or erase(this, person))
        table = one.model._meta.db_table
        with undone():
            words = left(somebody.user, {table})
            person = everything_held.person_of(User.objects.get(pk=somebody.user.pk))
            if table not in words and not one.find(person).exists():
                unnoticed.add(table)

    assert unnoticed == {"registration_signin"}  # they go with the sessions
