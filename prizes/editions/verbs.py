"""The verbs of the prize in the history (events.shared.history)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from events.shared.history import hooks


@hooks.verbs()
class PrizeVerb(TextChoices):
    """What is done with the prize. Casting a vote leaves no entry."""

    # the edition
    ADD_EDITION = "add-edition", _("made the edition")
    CHANGE_SETTINGS = "change-settings", _("changed settings")
    ADD_PHASE = "add-phase", _("added a phase")
    MOVE_PHASE = "move-phase", _("moved a phase")
    REMOVE_PHASE = "remove-phase", _("took out a phase")
    PROPOSE_CLOSING = "propose-closing", _("proposed to close the edition")
    CLOSE_EDITION = "close-edition", _("closed the edition")
    DROP_CLOSING = "drop-closing", _("dropped the proposal to close the edition")
    PROPOSE_END = "propose-end", _("proposed to move the end of the vote")
    MOVE_END = "move-end", _("moved the end of the vote")
    DROP_END = "drop-end", _("dropped the proposal to move the end of the vote")
    WAIVE = "waive", _("let two people count as two")
    # nominations
    BEGIN_NOMINATION = "begin-nomination", _("began a nomination")
    SUBMIT_NOMINATION = "submit-nomination", _("submitted a nomination")
    RESUBMIT_NOMINATION = "resubmit-nomination", _("changed a submitted nomination")
    DISCARD_CHANGES = "discard-changes", _("dropped changes that were not submitted")
    WITHDRAW_NOMINATION = "withdraw-nomination", _("withdrew a nomination")
    ADD_FILE = "add-file", _("added a file")
    REMOVE_FILE = "remove-file", _("removed a file")
    # the first check
    PASS_NOMINATION = "pass-nomination", _("passed a nomination at the first check")
    REFUSE_NOMINATION = "refuse-nomination", _("rejected a nomination at the first check")
    RETURN_NOMINATION = "return-nomination", _("sent a nomination back")
    MOVE_NOMINATION = "move-nomination", _("moved a nomination to another category")
    # review
    ADD_CRITERION = "add-criterion", _("added a criterion")
    CHANGE_CRITERION = "change-criterion", _("changed a criterion")
    REMOVE_CRITERION = "remove-criterion", _("removed a criterion")
    APPOINT_EXPERT = "appoint-expert", _("appointed an expert")
    CHANGE_EXPERT = "change-expert", _("changed an expert")
    ASSIGN = "assign", _("assigned an expert")
    ASSIGN_EVENLY = "assign-evenly", _("assigned experts evenly")
    ASSIGN_RANDOM = "assign-random", _("assigned experts at random")
    ASSIGN_IMPORT = "assign-import", _("assigned experts from a table")
    UNASSIGN = "unassign", _("took back an assignment")
    CONFIRM_CONFLICT = "confirm-conflict", _("confirmed a conflict of interest")
    DENY_CONFLICT = "deny-conflict", _("denied a conflict of interest")
    RECUSE = "recuse", _("stepped back from a review")
    GIVE_POINTS = "give-points", _("gave points")
    FINISH_REVIEW = "finish-review", _("finished a review")
    REOPEN_REVIEW = "reopen-review", _("reopened a review")
    SHORTLIST = "shortlist", _("shortlisted a nomination")
    UNSHORTLIST = "unshortlist", _("took a nomination off the shortlist")
    PUBLISH_NOMINEES = "publish-nominees", _("published the nominees")
    # vote and count
    SEAL_POLLS = "seal-polls", _("sealed the last block")
    COUNT = "count", _("counted the votes")
    ASK_RECOUNT = "ask-recount", _("asked for a new count")
    PROPOSE_QUARANTINE = "propose-quarantine", _("proposed to set ballots aside")
    AGREE_QUARANTINE = "agree-quarantine", _("agreed to set ballots aside")
    DROP_QUARANTINE = "drop-quarantine", _("dropped a proposal to set ballots aside")
    PROPOSE_LIFTING = "propose-lifting", _("proposed to count ballots again that were set aside")
    LIFT_QUARANTINE = "lift-quarantine", _("agreed to count ballots again that were set aside")
    KEEP_QUARANTINE = "keep-quarantine", _("kept ballots set aside")
    # results
    CHOOSE_WINNER = "choose-winner", _("chose a winner")
    UNCHOOSE_WINNER = "unchoose-winner", _("took back a winner")
    PROPOSE_ANNOUNCEMENT = "propose-release", _("proposed an announcement")
    APPROVE_ANNOUNCEMENT = "approve-release", _("approved an announcement")
    WITHDRAW_ANNOUNCEMENT = "withdraw-release", _("withdrew an announcement")
    # the Outcome Document
    MAKE_DOCUMENT = "make-document", _("had the Outcome Document made")
    # until 2026, when showing and hiding got one way for all rows
    PUBLISH_DOCUMENT = "publish-document", _("published the Outcome Document")
    HIDE_DOCUMENT = "hide-document", _("took the Outcome Document back from the public")
