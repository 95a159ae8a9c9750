"""The verbs of people at a forum in the history (events.shared.history)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from events.shared.history import hooks


@hooks.verbs()
class AccountVerb(TextChoices):
    """What happens to the way into an account (registration.people.accounts.log_ins.sign_ins)."""

    LOG_IN = "log-in", _("logged in")
    LOG_IN_FAILED = "log-in-failed", _("failed to log in (told once an hour)")
    LOG_OUT = "log-out", _("logged out")
    END_SIGN_IN = "end-sign-in", _("ended a log-in elsewhere")
    END_OTHERS = "end-others", _("ended all other log-ins")
    CHANGE_PASSWORD = "change-password", _("changed the password")
    CHANGE_EMAIL = "change-email", _("changed the e-mail")
    EDIT_ACCOUNT = "edit-account", _("changed what the account says")
    ADD_FACTOR = "add-factor", _("set up a second step")
    REMOVE_FACTOR = "remove-factor", _("removed a second step")
    CONNECT_ORGANISATION = "connect-organisation", _("connected the account of an organisation, by which one logs in")
    DISCONNECT_ORGANISATION = "disconnect-organisation", _("removed the account of an organisation")
    RENEW_FACTOR = "renew-factor", _("made new recovery codes")


@hooks.verbs()
class RegistrationVerb(TextChoices):
    """What is done with registrations. Joining a session is not here: its attendance says who was there and when."""

    REGISTER = "register", _("registered")
    REGISTER_AT_DESK = "register-at-desk", _("registered somebody at the desk")
    EDIT_REGISTRATION = "edit-registration", _("changed a registration")
    ASK_APPROVAL = "ask-approval", _("asked for the approval of a registration")
    APPROVE_REGISTRATION = "approve-registration", _("approved a registration")
    REFUSE_REGISTRATION = "refuse-registration", _("refused a registration")
    ISSUE_LETTER = "issue-letter", _("was given a letter of invitation")
    WITHDRAW_CERTIFICATE = "withdraw-certificate", _("withdrew a certificate of participation")
    NAME_FOCAL_POINT = "name-focal-point", _("named a focal point of")
    INVITE_TO_REGISTER = "invite-to-register", _("invited somebody to register")
    TAKE_BACK_INVITATION = "take-back-invitation", _("took back an invitation to register")
    DECLINE_INVITATION = "decline-invitation", _("said no to an invitation to register")
    ASK_FOCAL_POINT = "ask-focal-point", _("asked to be a focal point")
    REFUSE_FOCAL_POINT = "refuse-focal-point", _("refused a request to be a focal point")
    WITHDRAW_REGISTRATION = "withdraw-registration", _("withdrew a registration")
    RENEW_CALENDAR = "renew-calendar", _("gave the calendar a new address")
    NEW_TICKET = "new-ticket", _("made a new ticket")
    SET_LISTED = "set-listed", _("went on the list of participants, or off it")
    SET_REMINDERS = "set-reminders", _("turned reminders on or off")
    BOOK = "book", _("booked a session")
    LEAVE = "leave", _("gave up a booking")
    WAIT = "wait", _("joined a waiting list")
    STOP_WAITING = "stop-waiting", _("left a waiting list")
    OFFER_SEAT = "offer-seat", _("was offered a place from the waiting list")
    OFFER_OVER = "offer-over", _("did not take the place in time")
    PROMOTE = "promote", _("got a place from the waiting list")
    PUT_FIRST = "put-first", _("put somebody first on a waiting list")
    RETIRE_QUESTION = "retire-question", _("retired a question")
    ASK_QUESTION_AGAIN = "ask-question-again", _("asked a retired question again")
    MAKE_PASS = "make-pass", _("made a pass for a door")
    END_PASS = "end-pass", _("ended a pass for a door")
    ASK_SPEAKERS = "ask-speakers", _("wrote to speakers who had not registered")
    # the rights that people have over their data
    ASK_COPY = "ask-copy", _("asked for a copy of their data")
    ASK_ERASURE = "ask-erasure", _("asked to be erased")
    STOP_ERASURE = "stop-erasure", _("did not want to be erased any more")
    ERASE_ACCOUNT = "erase-account", _("erased the account, as its owner wished")
    CLEAR_PERIOD = "clear-period", _("deleted what had been kept for its time")
