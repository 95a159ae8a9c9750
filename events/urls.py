"""Addresses of this app, below an optional language. `forum` is the forum's slug, `code` a session's code."""

from django.urls import path

from events.views import pages

app_name = "events"
urlpatterns = [
    path("", pages.index, name="index"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("<slug:forum>/", pages.home, name="home"),
    path("<slug:forum>/programme/<slug:code>/", pages.session, name="session"),
    path("<slug:forum>/speakers/", pages.speakers, name="speakers"),
    path("<slug:forum>/speakers/<int:pk>/", pages.speaker, name="speaker"),
    path("<slug:forum>/outcomes/", pages.outcomes, name="outcomes"),
    path("<slug:forum>/matrix/", pages.matrix, name="matrix"),
    path("<slug:forum>/open-data/", pages.open_data, name="open-data"),
]
