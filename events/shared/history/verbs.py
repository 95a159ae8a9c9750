"""The verbs of the history with their labels. Each app hangs its own on `events.shared.hooks.verbs`; no other can be written."""

from functools import lru_cache

from django.db.models import TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from events.shared.history import hooks


def labels() -> dict[str, str]:
    """All verbs with their words, such as “moved a session”, in the order of the words."""
    return _labels(get_language())


@lru_cache
def _labels(_language: str | None) -> dict[str, str]:
    found = {verb.value: str(verb.label) for choices in hooks.verbs.of() for verb in choices}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def is_known(verb: str) -> bool:
    """Whether an app has such a verb."""
    return any(verb in choices for choices in hooks.verbs.of())


def label(verb: str) -> str:
    """The words for a verb; one that no app has any more as it is."""
    return labels().get(verb, verb)


@hooks.verbs()
class Verb(TextChoices):
    """What is done with the forum, and its programme."""

    # in the organisers' pages, with any row
    ADD = "add", _("added")
    CHANGE = "change", _("changed")
    DELETE = "delete", _("deleted")
    MAKE_NEXT = "make-next", _("made the next forum from another")
    ARCHIVE = "archive", _("archived the forum")
    TRY_AGAIN = "try-again", _("had tried again what was given up:")
    OPEN_ARCHIVE = "open-archive", _("took the forum out of the archive")
    # the draft of the timetable, and what becomes of it
    MOVE_SESSION = "move-session", _("moved a session in the draft")
    MOVE_SESSIONS = "move-sessions", _("moved sessions in the draft")
    UNSCHEDULE_SESSION = "unschedule-session", _("took a session off the draft")
    SCHEDULE_SESSION = "schedule-session", _("put a session on the draft")
    CANCEL_SESSION = "cancel-session", _("cancelled a session in the draft")
    RESTORE_SESSION = "restore-session", _("took back a cancellation in the draft")
    RELEASE = "release", _("released the programme")
    CANCEL_AT_ONCE = "cancel-at-once", _("cancelled a session at once")
    IMPORT_PROGRAMME = "import-programme", _("brought in a programme")
    IMPORT_TABLE = "import-table", _("brought in a table")
    TAKE_BACK = "take-back", _("took back:")
    EDIT_TOGETHER = "edit-together", _("edited sessions together:")
    EXPORT_TABLE = "export-table", _("took out a table")
    WRITE_TO = "write-to", _("wrote to people whom they chose")
    # proposals, and what their people do with the session
    BEGIN_PROPOSAL = "begin-proposal", _("began a proposal")
    SUBMIT_PROPOSAL = "submit-proposal", _("submitted a proposal")
    WITHDRAW_PROPOSAL = "withdraw-proposal", _("withdrew a proposal")
    SCORE_PROPOSAL = "score-proposal", _("scored a proposal")
    ASK_CHANGES = "ask-changes", _("asked for changes")
    ACCEPT_PROPOSAL = "accept-proposal", _("accepted a proposal")
    DECLINE_PROPOSAL = "decline-proposal", _("declined a proposal")
    REOPEN_PROPOSAL = "reopen-proposal", _("took a proposal up again")
    MERGE_PROPOSAL = "merge-proposal", _("merged a proposal into another")
    MERGE_OTHER = "merge-other", _("merged another proposal into it")
    TELL_DECISION = "tell-decision", _("let the mails of the decision go")
    DROP_DECISION = "drop-decision", _("took the mails of the decision back: it is dropped")
    SPEAKER_ACCEPTED = "speaker-accepted", _("speaker said yes")
    SPEAKER_DECLINED = "speaker-declined", _("speaker said no")
    ASK_EDITOR = "ask-editor", _("asked somebody to edit it")
    TAKE_BACK_EDITOR = "take-back-editor", _("took back an invitation to edit it")
    JOIN_EDITOR = "join-editor", _("joined as a co-editor")
    REMOVE_EDITOR = "remove-editor", _("removed a co-editor")
    DECLINE_EDITOR = "decline-editor", _("somebody does not want to edit it")
    EDIT_SESSION = "edit-session", _("edited the session")
    ASK_PANELLIST = "ask-panellist", _("asked a panellist")
    TAKE_BACK_PANELLIST = "take-back-panellist", _("took an invitation back")
    KEEP_PANELLIST = "keep-panellist", _("kept a panellist")
    REMOVE_PANELLIST = "remove-panellist", _("removed a panellist")
    ADD_HOST = "add-host", _("let an account edit the session:")
    REMOVE_HOST = "remove-host", _("no longer lets an account edit the session:")
    ADD_DOCUMENT = "add-document", _("added a document")
    REMOVE_DOCUMENT = "remove-document", _("removed a document")
    REPORT_OUTCOME = "report-outcome", _("submitted the report of the session")
    APPROVE_REPORT = "approve-report", _("approved the report of the session")
    PUBLISH_OUTCOME = "publish-outcome", _("published an outcome")
    REPORT_COMMITMENT = "report-commitment", _("reported on a commitment")
    CONFIRM_COMMITMENT = "confirm-commitment", _("confirmed a report on a commitment")
    SEND_BACK_COMMITMENT = "send-back-commitment", _("sent a report on a commitment back")
    # roles of accounts, and who gets into one
    GIVE_ROLE = "give-role", _("gave a role to an account:")
    AGREE_ROLE = "agree-role", _("agreed to a role of an account:")
    SEND_LINK = "send-link", _("mailed a link to set a password to an account:")
    END_ROLE = "end-role", _("ended a role of an account:")
    ASK_LOST_DEVICE = "ask-lost-device", _("asked to take away the second step of an account:")
    TAKE_AWAY_STEP = "take-away-step", _("took away the second step of an account:")
    KEEP_STEP = "keep-step", _("left the second step of an account as it is:")
    # who is who
    MERGE_ORGANISATION = "merge-organisation", _("merged into it the organisation")
    CHECK_ORGANISATION = "check-organisation", _("checked an organisation")
    CONNECT_SPEAKER = "connect-speaker", _("connected the speaker with an account")
    DISCONNECT_SPEAKER = "disconnect-speaker", _("took the account away from the speaker")
    LINK_SPEAKER = "link-speaker", _("sent the speaker a link")
    # mails
    QUEUE_MAIL = "queue-mail", _("let a mail go")
    RETRY_MAIL = "retry-mail", _("sent a mail again")
    CANCEL_MAIL = "cancel-mail", _("took a mail back")
    EDIT_MAIL = "edit-mail", _("edited a mail")
    BEGIN_MAILING = "begin-mailing", _("began a message to people")
    EDIT_MAILING = "edit-mailing", _("edited a message to people")
    PAUSE_MAILING = "pause-mailing", _("paused a message to people")
    GO_ON_MAILING = "go-on-mailing", _("let a message to people go on")
    STOP_MAILING = "stop-mailing", _("stopped a message to people")
    EDIT_MAIL_TEXT = "edit-mail-text", _("edited the text of an automatic mail")
    SUPPRESS_ADDRESS = "suppress-address", _("suppressed an address")
    FREE_ADDRESS = "free-address", _("freed an address")
    CHOOSE_MAILS = "choose-mails", _("chose which mails they get")
