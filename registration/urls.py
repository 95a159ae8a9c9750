"""Addresses of this app, below an optional language. `forum` is the forum's slug, `code` a session's code."""

from django.urls import path

from registration.views import agenda, attendance, fragments, mail, register, statistics

app_name = "registration"
urlpatterns = [
    path("<slug:forum>/register/", register.register, name="register"),
    path("<slug:forum>/register/<slug:step>/", register.register, name="register"),
    path("<slug:forum>/withdraw/", register.withdraw, name="withdraw"),
    path("<slug:forum>/agenda/", agenda.agenda, name="agenda"),
    path("<slug:forum>/agenda/renew/", agenda.renew_feed, name="renew-feed"),
    path("<slug:forum>/agenda/reminders/", agenda.reminders, name="reminders"),
    path("<slug:forum>/agenda/<str:token>.ics", agenda.feed, name="feed"),
    path("<slug:forum>/book/<slug:code>/", agenda.book, name="book"),
    path("<slug:forum>/leave/<slug:code>/", agenda.leave, name="leave"),
    path("<slug:forum>/me/", fragments.me, name="me"),
    path("<slug:forum>/me/<slug:code>/", fragments.card, name="card"),
    path("<slug:forum>/join/<slug:code>/", attendance.join, name="join"),
    path("<slug:forum>/statistics/", statistics.statistics, name="statistics"),
    path("<slug:forum>/statistics/<slug:dimension>.csv", statistics.statistics_csv, name="statistics-csv"),
    path("<slug:forum>/figures/", statistics.figures, name="figures"),
    path("unsubscribe/<str:token>/", mail.unsubscribe, name="unsubscribe"),
]
