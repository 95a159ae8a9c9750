"""Addresses of this app, below an optional language. `forum` is the forum's slug, `code` a session's code."""

from django.urls import path

from events.shared.pages import url_converters  # noqa: F401  for <key:…>
from registration.accreditation import invitation_views
from registration.accreditation.delegations import delegation_views
from registration.accreditation.documents import document_views
from registration.door import door_views, newcomer_views, ticket_views
from registration.people.account_page import views as account_views
from registration.people.contact import views as contact_views
from registration.people.data_rights import views as data_rights_views
from registration.registering import views as registering_views
from registration.registering.participants import views as participants_views
from registration.sessions.agenda import several_views
from registration.sessions.agenda import views as agenda_views
from registration.sessions.attendance import views as attendance_views
from registration.sessions.certificates import views as certificates_views
from registration.sessions.seats import views as seat_views
from registration.statistics import views as statistics_views

app_name = "registration"
urlpatterns = [
    # What is asked for most comes first: each address is compared with those before it.
    path("<slug:forum>/me/", agenda_views.me, name="me"),
    path("<slug:forum>/me/<slug:code>/", agenda_views.card, name="card"),
    path("<slug:forum>/watch/<slug:code>/", attendance_views.watch, name="watch"),
    path("<slug:forum>/book/<slug:code>/", agenda_views.book, name="book"),
    path("<slug:forum>/agenda/", agenda_views.agenda, name="agenda"),
    path("<slug:forum>/leave/<slug:code>/", agenda_views.leave, name="leave"),
    path("<slug:forum>/wait/<slug:code>/", seat_views.wait, name="wait"),
    path("account/", account_views.account, name="account"),
    path("account/about/", account_views.about, name="account-about"),
    path("account/mails/", account_views.mails, name="account-mails"),
    path("account/seen/", account_views.seen, name="account-seen"),
    path("account/log-ins/", account_views.sign_out, name="account-log-ins"),
    path("unsubscribe/mails/<str:token>/", account_views.refuse_mail, name="refuse-mail"),
    path("contact/", contact_views.contact, name="contact"),
    path("account/data/", data_rights_views.data, name="data"),
    path("account/data/<int:copy>/", data_rights_views.copy, name="data-copy"),
    path("account/data/<int:copy>.json", data_rights_views.copy_json, name="data-copy-json"),
    path("account/data/<int:copy>/files/<int:place>/", data_rights_views.copy_file, name="data-copy-file"),
    path("account/listed/<slug:edition>/", participants_views.listed, name="account-listed"),
    path("account/erase/", data_rights_views.erase, name="erase"),
    path("account/erase/stop/", data_rights_views.stop, name="erase-stop"),
    path("<slug:forum>/register/", registering_views.register, name="register"),
    path("<slug:forum>/register/save/", registering_views.pages.save_view, name="register-save"),
    path("<slug:forum>/register/<slug:step>/", registering_views.register, name="register"),
    path("<slug:forum>/invitation/<str:secret>/", registering_views.invitation, name="invitation"),
    path("<slug:forum>/register/files/<key:person>/<slug:name>/", document_views.file, name="register-file"),
    path("<slug:forum>/register/files/<slug:name>/remove/", registering_views.remove_file, name="register-file-remove"),
    path("<slug:forum>/letter.pdf", document_views.letter, name="letter"),
    path("<slug:forum>/kinds/", registering_views.offered_kinds, name="kinds"),
    path("<slug:forum>/delegation/", delegation_views.delegation, name="delegation"),
    path("<slug:forum>/delegation/ask/", delegation_views.ask, name="ask-focal-point"),
    path("<slug:forum>/delegation/invite/", invitation_views.invite, name="invite"),
    path("<slug:forum>/delegation/people.xlsx", invitation_views.template, name="invite-template"),
    path("<slug:forum>/participants/", participants_views.participants, name="participants"),
    path("<slug:forum>/participants.pdf", participants_views.participants_file, name="participants-file"),
    path("<slug:forum>/withdraw/", registering_views.withdraw, name="withdraw"),
    path("<slug:forum>/agenda/languages/", agenda_views.languages, name="followed"),
    path("<slug:forum>/agenda/renew/", agenda_views.renew_feed, name="renew-feed"),
    path("<slug:forum>/agenda/reminders/", agenda_views.reminders, name="reminders"),
    path("<slug:forum>/agenda/<str:token>.ics", agenda_views.feed, name="feed"),
    path("<slug:forum>/book/", several_views.several, name="book-several"),
    path("<slug:forum>/seat/<str:token>/", seat_views.seat, name="seat"),
    path("<slug:forum>/join/<slug:code>/", attendance_views.join, name="join"),
    path("<slug:forum>/door/", door_views.door, name="door"),
    path("<slug:forum>/door/scans/", door_views.scans, name="door-scans"),
    path("<slug:forum>/door/undo/", door_views.undo, name="door-undo"),
    path("<slug:forum>/door/register/", newcomer_views.newcomer, name="door-register"),
    path("<slug:forum>/door/<str:secret>/", door_views.open_door, name="door-pass"),
    path("<slug:forum>/ticket/", ticket_views.own_ticket, name="ticket"),
    path("<slug:forum>/badge.pdf", ticket_views.badge, name="badge"),
    path("<slug:forum>/ticket/new/", ticket_views.new_ticket, name="new-ticket"),
    path("<slug:forum>/ticket/<slug:code>/", ticket_views.ticket, name="ticket"),
    path("<slug:forum>/statistics/", statistics_views.statistics, name="statistics"),
    path(
        "<slug:forum>/statistics/<slug:dimension>.<slug:ending>",
        statistics_views.statistics_file,
        name="statistics-file",
    ),
    path("<slug:forum>/figures/", statistics_views.figures, name="figures"),
    path("<slug:forum>/figures/<slug:code>/", statistics_views.session_figures, name="session-figures"),
    path("verify/<slug:code>/participation.pdf", certificates_views.file, name="certificate"),
    path("unsubscribe/<str:token>/", agenda_views.unsubscribe, name="unsubscribe"),
]
