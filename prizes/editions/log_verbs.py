"""The words for what the log of the prize names by short keys (prizes.editions.log)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Promise] = {
    # the edition
    "add-edition": _("made the edition"),
    "change-settings": _("changed settings"),
    "add-phase": _("added a phase"),
    "move-phase": _("moved a phase"),
    "remove-phase": _("took out a phase"),
    "close-edition": _("closed the edition"),
    # nominations
    "begin-nomination": _("began a nomination"),
    "submit-nomination": _("submitted a nomination"),
    "resubmit-nomination": _("changed a submitted nomination"),
    "withdraw-nomination": _("withdrew a nomination"),
    "add-file": _("added a file"),
    "remove-file": _("removed a file"),
    # review
    "add-criterion": _("added a criterion"),
    "change-criterion": _("changed a criterion"),
    "remove-criterion": _("removed a criterion"),
    "appoint-expert": _("appointed an expert"),
    "change-expert": _("changed an expert"),
    "assign": _("assigned an expert"),
    "assign-evenly": _("assigned experts evenly"),
    "assign-random": _("assigned experts at random"),
    "assign-import": _("assigned experts from a table"),
    "unassign": _("took back an assignment"),
    "confirm-conflict": _("confirmed a conflict of interest"),
    "deny-conflict": _("denied a conflict of interest"),
    "recuse": _("stepped back from a review"),
    "give-points": _("gave points"),
    "finish-review": _("finished a review"),
    "reopen-review": _("reopened a review"),
    "shortlist": _("shortlisted a nomination"),
    "unshortlist": _("took a nomination off the shortlist"),
    "publish-nominees": _("published the nominees"),
    # vote and count
    "seal-polls": _("sealed the last block"),
    "count": _("counted the votes"),
    "propose-quarantine": _("proposed to set ballots aside"),
    "agree-quarantine": _("agreed to set ballots aside"),
    "drop-quarantine": _("dropped a proposal to set ballots aside"),
    "propose-lifting": _("proposed to count ballots again that were set aside"),
    "lift-quarantine": _("agreed to count ballots again that were set aside"),
    "keep-quarantine": _("kept ballots set aside"),
    # results
    "choose winner": _("chose a winner"),
    "unchoose winner": _("took back a winner"),
    "propose release": _("proposed a release"),
    "approve release": _("approved a release"),
    "withdraw release": _("withdrew a release"),
}


def label(verb: str) -> str:
    """The words for a verb of the log; one that is not known here as it is."""
    return str(LABELS.get(verb, verb))
