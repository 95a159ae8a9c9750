"""What everybody is answered, declared by rules: a page of the site for a name, a page of the admin for what may be done there.

An outcome is a status, or where one is led: `login` (and back), `door` (of the admin), `again` (to show the password once more).
"""

from fnmatch import fnmatchcase
from functools import cache

from django.contrib import admin

from events.models import Approval, Forum, HistoryEntry, Message, SuppressedAddress
from events.shared.admin.admin_page_bases import admins_of
from events.shared.rights import memberships
from tests.admin.test_pages import declared
from tests.rights.addresses import model_of
from tests.rights.world import FOREIGN, NOBODY, TEAM

# What a visitor is answered to GET and POST, what everybody else, and whose page it is (`public`: the same bytes for all, which a cache
# may keep); the first line that fits a name.
PAGES = """
200 405 | 200 405 |                    | healthz metrics media media-size monogram security-txt
200 405 | 200 405 | public             | robots sitemap sitemap-part
404 405 | 404 405 | speaker programme organiser everywhere 200 405 | media/draft
200 405 | 200 405 |                    | readyz
405 404 | 405 404 |                    | mail-events
404 405 | 404 405 |                    | sent-mails api:organisation api:room api:track api:session-type api:unknown
200 405 | 200 405 | public             | api:*

200 200 | 200 200 |                    | account_log_in_by_link
200 200 | 302 302 |                    | account_login account_signup account_request_login_code
302 302 | 200 302 |                    | account_logout
302 302 | 302 302 |                    | account_email_verification_sent account_confirm_login_code
200 405 | 200 405 |                    | account_inactive account_reset_password_done account_reset_password_from_key_done
200 200 | 200 200 |                    | account_reset_password account_reset_password_from_key
login login | 302 302 |                | account_set_password
login login | 200 200 |                | account_reauthenticate mfa_generate_recovery_codes
login login | 200 302 |                | account_email
login login | 200 200 |                | account_change_password
404 404 | 404 404 |                    | account_login_by_organisation account_organisation_callback
login login | 404 404 |                | account_organisation
302 302 | 302 302 |                    | mfa_authenticate mfa_login_webauthn
login login | 200 405 |                | mfa_index mfa_list_webauthn
login login | 404 405 |                | mfa_view_recovery_codes
login login | 404 404 |                | mfa_deactivate_totp mfa_download_recovery_codes
login login | 404 404 |                | mfa_remove_webauthn mfa_edit_webauthn
login login | again again |            | account_reauthenticate_by_mail mfa_reauthenticate mfa_reauthenticate_webauthn
login login | 200 200 |                | mfa_activate_totp mfa_add_webauthn

login login | 200 200 |                | prizes:nominations
login login | 302 302 |                | prizes:nominate-new
login 401 | 404 404 | proposer 302 404 | prizes:nominate-save
login login | 404 405 | proposer 200 405 | prizes:nominate-file
login login | 404 404 | proposer 302 200 | prizes:nominate-files prizes:nominate-step
login login | 404 404 | proposer 302 302 | prizes:nominate-file-remove
login login | 404 404 | proposer 200 200 | prizes:nominat*
login login | 404 404 | expert 200 200 | prizes:review*
login login | 302 302 |                | prizes:ballot prizes:receipt
login login | 200 200 | attendee 303 303 | prizes:ballot-start
login login | 302 422 | attendee 200 422 | prizes:ballot-category
200 200 | 200 200 |                    | prizes:check
404 405 | 404 405 |                    | prizes:document-file prizes:results-file prizes:bundle events:verify prizes:certificate registration:certificate
200 405 | 200 405 | public             | prizes:*

login login | 200 405 |                | registration:account registration:account-seen
login login | 200 302 |                | registration:account-about registration:data registration:withdraw
login login | 302 302 |                | registration:account-* registration:erase-stop
login login | 200 200/302 |            | registration:erase
login login | 404 405 | attendee 200 405 | registration:data-copy*
login 401 | 302 404 |                  | registration:register-save
login/302 login/302 | 200/302 200/302 | | registration:register
login login | 200 200 |                | registration:agenda
login login | 200 200 | attendee 302 302 | registration:followed
200 303 | 200 303 |                    | registration:refuse-mail registration:unsubscribe
login login | 302 404 | attendee 302 302 | registration:renew-feed registration:reminders registration:new-ticket
404 404 | 404 404 | pass 200 200         | registration:door
404 404 | 404 404 | pass 405 400         | registration:door-scans
404 404 | 404 404 | pass 302 404         | registration:door-undo
404 404 | 404 404 |                      | registration:door-register
302 302 | 302 302 |                      | registration:door-pass
login/200 login/200 | 200 200 |          | registration:ticket
login login | 200 200 |                | registration:badge
login login | 302 302 |                  | registration:wait
login login | 302 302 | focal 200 200    | registration:delegation
login login | 200 200 |                  | registration:ask-focal-point
login login | 404 404 | focal 200 200    | registration:invite registration:invite-template
200 login | 200 200 |                    | registration:invitation
login login | 404 405 | focal organiser everywhere 200 405 | registration:register-file
login login | 302 302 |                  | registration:register-file-remove registration:letter
200 200 | 200 200 | attendee 200 302   | registration:book-several
200 200/303 | 200 200/303 |              | registration:seat
login login | 302 302 | attendee 200 302 | registration:book
login login | 404 404 | attendee 200 302 | registration:leave
login 405 | 302 405 | attendee 200 405 | registration:join
405 204 | 405 204 |                    | registration:watch
200 405 | 200 405 | public             | registration:statistics* registration:figures registration:session-figures registration:kinds registration:participants*
200 200 | 200 200 |                    | registration:contact
200 405 | 200 405 |                    | registration:*

302 405 | 302 405 | public             | events:index
200 200 | 200 200 |                    | events:privacy events:accessibility events:invitation events:speaker-link
200 login | 200 200 | proposer 302 302 | events:editing
login login | 200 200 |                | events:proposals-mine
login login | 302 302 |                | events:proposals-new
200 405 | 200 405 | public             | events:proposals
login 401 | 404 404 | proposer 302 404 | events:proposal-save
login login | 404 404 | proposer 302 302 | events:proposal-editors
login login | 404 404 | proposer 200 302 | events:proposal-withdraw
login login | 404 404 | proposer 200 200 | events:proposal*
login login | 404 404 | speaker 200 200 | events:commitment
login login | 404 404 | speaker 200 404 | events:hosted
login 401 | 404 404 | speaker 302 404 | events:report-save
login login | 404 404 | speaker 302 200 | events:report-step
login login | 404 404 | speaker 302 200 | events:hosted-documents
404 405 | 404 405 |                    | events:day-booklet
200 405 | 200 405 | public             | events:*

login login | 404 404 | staff 302 302   | admin:login
302 302 | 302 302 | staff 405 302       | admin:logout
"""
# Pages of the admin that are not of one row of a list: who opens them, what they are answered to GET and POST, and the others.
DESKS = """
staff                                    | 200 200 | -       | admin:index admin:guide admin:status admin:search admin:set_up
staff                                    | 405 302 | -       | admin:preview admin:try_again
staff                                    | 200 405 | -       | admin:password_change_done admin:jsi18n
staff                                    | 302 302 | -       | admin:password_change admin:*_row
expert                                   | 404 404 | 200 200 | admin:app_list
organiser everywhere                     | 405 302 | 405 403 | admin:tally
organiser supervisor everywhere          | 200 200 | 404 404 | admin:person
nobody                                   | 200 200 | 403 405 | admin:autocomplete
nobody                                   | 200 200 | 404 404 | admin:catch_all admin:view_on_site
officer                                  | 404 404 | 403 403 | admin:prizes_edition_shares admin:prizes_edition_group
officer                                  | 200 200 | 403 403 | OF_OFFICERS
officer                                  | 200 302 | 403 403 | admin:prizes_leaderboard
officer                                  | 200 200 | 403 403 | admin:prizes_leaderboard_category
officer                                  | 200 200 | 403/404 403/404 | admin:events_approval_agree admin:events_approval_drop
officer expert                           | 200 200 | 403 403 | admin:prizes_winner_choose
supervisor                               | 200 200 | 403 403 | admin:registration_lostdevice_ask
supervisor                               | 200 200 | 403 403 | admin:events_membership_give
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_attendance_organisations
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_tally_figures
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_tally_figures_file
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_attendance_file admin:registration_waiting_places
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_registrationquestion_preview admin:registration_door_pass
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_scan_inside
desk organiser everywhere                | 200 200 | 403 403 | admin:registration_registration_desk
desk organiser everywhere                | 302 302 | 403 403 | admin:registration_door_badges
organiser everywhere                     | 200 302 | 403/404 403/404 | admin:registration_registration_speakers
organiser everywhere                     | 200 200 | 403 403 | admin:registration_scan_inside_export
organiser everywhere                     | 200 200 | 403 403 | admin:registration_registration_decide
organiser everywhere                     | 200 200 | 403 403 | admin:registration_registrationinvitation_list admin:registration_stay_report
organiser everywhere                     | 200 200 | 403 403 | admin:registration_registrationinvitation_template
organiser everywhere                     | 200 200 | 403 403 | admin:registration_focalpointrequest_letter
organiser everywhere                     | 200 200 | 403 403 | admin:registration_focalpointrequest_decide
organiser everywhere                     | 200 302 | 403 403 | admin:registration_participationcertificate_withdraw
programme desk organiser officer everywhere | 200 200 | 403 403 | admin:events_forum_exchange
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_import_sample
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_export_file
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_import
programme organiser officer everywhere   | 403 302 | 403 403 | admin:events_forum_import_apply
programme organiser officer everywhere   | 404 404 | 404 404 | admin:events_forum_import_making
programme organiser everywhere           | 302 302 | 403 403 | admin:events_forum_boards
everywhere                               | 200 200 | 403/404 403/404 | admin:events_forum_next
officer                                  | 404 404 | 403 403 | admin:events_historyentry_take_back
supervisor organiser everywhere          | 200 200 | 403 403 | admin:events_forum_archive admin:events_forum_take_out
programme organiser everywhere           | 302 302 | 403 403 | admin:events_forum_left_over
programme organiser everywhere           | 200 200/302 | 403 403 | admin:events_forum_public
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_participants
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_hours admin:events_forum_session_hours
programme organiser everywhere           | 200 200 | 403 403 | admin:events_forum_board admin:events_forum_place admin:events_forum_clashes
organiser everywhere                     | 200 302 | 403 403 | admin:events_message_undelivered
organiser everywhere                     | 200 200 | 403 403 | admin:events_mailtext_edit
reviewer programme organiser everywhere  | 200 200 | 404 404 | admin:events_proposal_act
organiser everywhere                     | 200 200 | 403 403 | admin:prizes_outcomedocument_make
organiser everywhere                     | 302 302 | 403 403 | admin:prizes_outcomedocument_making
organiser everywhere                     | 200 200 | 403 403 | admin:prizes_outcomedocument_file
organiser officer everywhere             | 200 200/302 | 403 403 | admin:prizes_edition_public
everywhere                               | 200 200 | 403 403 | admin:events_organisation_merge
everywhere                               | 200 302 | 403 403 | admin:events_user_send_link
""".replace(
    "OF_OFFICERS",
    "admin:prizes_quarantine_lift admin:prizes_edition_close admin:prizes_edition_end"
    " admin:prizes_edition_integrity admin:prizes_edition_finding admin:prizes_edition_quarantine admin:prizes_count_again"
    " admin:prizes_publish_nominees admin:prizes_assignment_export"
    " admin:prizes_edition_announce",
)
STAFF = ("expert", *TEAM, "everywhere", *FOREIGN)
COLUMNS = dict(TEAM) | {"expert": "experts", "everywhere": "organisers"}
# Lists that tell who did what at a forum: they go out by a right of its own.
EXPORTED_BY = ("organiser", "everywhere")
EXPORTED = {
    *(
        "registration",
        "registrationdraft",
        "registrationinvitation",
        "booking",
        "waiting",
        "attendance",
        "stay",
        "scan",
    ),
    *("focalpoint", "focalpointrequest", "participationcertificate"),
}
# Who may write to the group of the mailings of the table, of those who write to people.
REACHING = ("organiser", "desk", "everywhere")
# What nobody may do in the state in which the rows are: a mail is sent, a vote is open, a call has proposals, a stay was entered by
# nobody's hand.
LOCKED = {
    ("admin:events_message_change", "POST"),
    ("admin:prizes_category_change", "POST"),
    *(
        (f"admin:{name}_delete", method)
        for name in ("prizes_category", "events_call", "registration_stay")
        for method in ("GET", "POST")
    ),
}
# What is of people of all forums: a role in one forum does not show it.
OF_ALL_FORUMS = {("organiser", SuppressedAddress)}
# Who sees some rows of a list only: the log of the prize, mails about proposals, acts about roles. The row of the table is none of these.
NARROWED = {("officer", HistoryEntry), ("programme", Message), ("supervisor", Approval)}
NEEDED = {"changelist": "v", "history": "v", "add": "a", "change": "v", "delete": "d"}
DONE = "200/302"  # a form with what is wrong, or the way on


def is_public(name):
    """Whether a page is the same for everybody: it is asked by few (test_table), and a cache may keep it."""
    line = _line(PAGES, name)
    return line is not None and line[2] == "public"


def expected(rule, role, method):
    """What somebody is answered about the rows of their own forum; "200/302": one of these."""
    place, role = ("GET", "POST").index(method), FOREIGN.get(role, role)
    if line := _line(PAGES, rule):
        visitor, others, whose = line[:3]
        *who, get, post = whose.removeprefix("public").split() or ["", ""]
        if role in _people(" ".join(who)):
            return (get, post)[place]
        return (visitor if role in NOBODY else others).split()[place]
    if role not in STAFF:
        return "door"
    name, _slash, variant = rule.partition("/")
    if name == "admin:events_forum_export_file" and variant:
        return _of_export(variant, role)
    if line := _line(DESKS, name):
        who, own, others = line[:3]
        return (own if role in _people(who) else others).split()[place]
    return _of_model(name, role, method)


def _of_export(kind, role):
    """A list goes out to whom it opens; those of people by a right of its own."""
    model = next(model for model in admins_of(admin.site) if model._meta.model_name == kind)
    is_open = "v" in may(role, model) and (role, model) not in OF_ALL_FORUMS
    return "200" if is_open and (kind not in EXPORTED or role in EXPORTED_BY) else "403"


@cache
def _line(table, name):
    """The cells of the first line whose last one has a name that fits."""
    for line in table.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if any(fnmatchcase(name, pattern) for pattern in cells[-1].split()):
            return cells
    return None


def _people(words):
    return STAFF if words == "staff" else words.split()


@cache
def may(role, model):
    """The letters of a role for a model (tests/admin/test_pages.py). In one forum what belongs to the whole site is only read."""
    letters = declared(str(COLUMNS[role]).replace(" ", "-"))[model._meta.label]
    if role == "everywhere":
        return letters
    paths = memberships.forum_paths(model)
    return "".join(letter for letter in letters if letter == "v" or (paths and (letter, model) != ("a", Forum)))


def _of_model(name, role, method):
    model, page = model_of(name), name.rpartition("_")[2]
    assert page in NEEDED, f"no rule for {name}"
    needed = "c" if (page, method) == ("change", "POST") else NEEDED[page]
    if (role, model) in NARROWED and page in {"change", "history"}:
        return "404" if page == "history" else "302/403"
    if (name, method) in LOCKED:
        return "403"
    if (role, model) in OF_ALL_FORUMS or needed not in may(role, model):
        return "403/404" if page == "history" else "403"
    if (page, method) == ("delete", "POST"):
        return f"{DONE}/403"  # with rows that hang on it, which the person may not delete
    return "200" if method == "GET" else DONE
