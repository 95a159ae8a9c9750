"""Addresses of this app, below an optional language."""

from django.urls import path, re_path

from events.views import calendars, pages, programme

app_name = "events"
CODE = r"(?P<forum>[-\w]+)/programme/(?P<code>[0-9A-Z]{6})"
urlpatterns = [
    path("", pages.index, name="index"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("<slug:forum>/", pages.home, name="home"),
    path("<slug:forum>/programme/", programme.programme, name="programme"),
    re_path(rf"^{CODE}\.ics$", calendars.session, name="session-ics"),
    re_path(rf"^{CODE}/$", pages.session, name="session"),
    path("<slug:forum>/schedule.ics", calendars.schedule, name="schedule-ics"),
    path("<slug:forum>/speakers/", pages.speakers, name="speakers"),
    path("<slug:forum>/speakers/<int:pk>/", pages.speaker, name="speaker"),
    path("<slug:forum>/outcomes/", pages.outcomes, name="outcomes"),
    path("<slug:forum>/matrix/", pages.matrix, name="matrix"),
    path("<slug:forum>/open-data/", pages.open_data, name="open-data"),
]
