"""Addresses of this app, below an optional language."""

from django.urls import path, re_path

from events import converters  # noqa: F401  for <key:…>
from events.api import schema as api
from events.views import booklet, calendars, exchange, hosted, pages, programme, proposals, proposed, releases

app_name = "events"
CODE = r"(?P<forum>[-\w]+)/programme/(?P<code>[0-9A-Z]{6})"
PROPOSAL = r"(?P<forum>[-\w]+)/proposals/(?P<code>[0-9A-Z]{6})"
HOSTED = r"(?P<forum>[-\w]+)/hosted/(?P<code>[0-9A-Z]{6})"
urlpatterns = [
    path("", pages.index, name="index"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("api/", api.page, name="api"),
    path("invitation/<str:token>/", hosted.invitation, name="invitation"),
    path("invitation/editing/<str:token>/", proposed.editing, name="editing"),
    path("<slug:forum>/", pages.home, name="home"),
    path("<slug:forum>/now/", pages.now, name="now"),
    path("<slug:forum>/programme/", programme.programme, name="programme"),
    re_path(rf"^{CODE}\.ics\Z", calendars.session, name="session-ics"),
    re_path(rf"^{CODE}/\Z", pages.session, name="session"),
    path("<slug:forum>/schedule.ics", exchange.schedule_ics, name="schedule-ics"),
    path("<slug:forum>/schedule.xml", exchange.schedule_xml, name="schedule-xml"),
    path("<slug:forum>/schedule.json", exchange.schedule_json, name="schedule-json"),
    path("<slug:forum>/schedule.csv", exchange.schedule_csv, name="schedule-csv"),
    path("<slug:forum>/schedule.xlsx", exchange.schedule_xlsx, name="schedule-xlsx"),
    path("<slug:forum>/programme.pdf", booklet.whole, name="booklet"),
    re_path(
        r"^(?P<forum>[-\w]+)/programme-(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\.pdf\Z", booklet.day, name="day-booklet"
    ),
    path("<slug:forum>/speakers/", pages.speakers, name="speakers"),
    path("<slug:forum>/speakers/<key:pk>/", pages.speaker, name="speaker"),
    path("<slug:forum>/outcomes/", pages.outcomes, name="outcomes"),
    path("<slug:forum>/matrix/", pages.matrix, name="matrix"),
    path("<slug:forum>/proposals/", proposals.call, name="proposals"),
    path("<slug:forum>/proposals/mine/", proposals.mine, name="proposals-mine"),
    path("<slug:forum>/proposals/new/", proposals.new, name="proposals-new"),
    re_path(rf"^{PROPOSAL}/\Z", proposed.state, name="proposal"),
    re_path(rf"^{PROPOSAL}/editors/\Z", proposed.editors, name="proposal-editors"),
    re_path(rf"^{PROPOSAL}/save/\Z", proposals.save, name="proposal-save"),
    re_path(rf"^{PROPOSAL}/withdraw/\Z", proposals.withdraw, name="proposal-withdraw"),
    re_path(rf"^{PROPOSAL}/(?P<step>[a-z]+)/\Z", proposals.step, name="proposal-step"),
    re_path(rf"^{HOSTED}/\Z", hosted.hosted, name="hosted"),
    re_path(rf"^{HOSTED}/documents/\Z", hosted.documents, name="hosted-documents"),
    path("<slug:forum>/releases/", releases.index, name="releases"),
    path("<slug:forum>/releases/feed/", releases.feed, name="release-feed"),
    path("<slug:forum>/releases/<key:number>/", releases.release, name="release"),
    path("<slug:forum>/open-data/", pages.open_data, name="open-data"),
]
