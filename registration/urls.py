"""Addresses of this app, below an optional language. `forum` is the forum's slug, `code` a session's code."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

app_name = "registration"


def later(view: str) -> Callable[..., HttpResponse]:
    """A view that is looked up when it is asked for."""

    def found(request: HttpRequest, **parts: Any) -> HttpResponse:
        response: HttpResponse = import_string(f"registration.views.{view}")(request, **parts)
        return response

    return found


urlpatterns = [
    path("<slug:forum>/register/", later("register.register"), name="register"),
    path("<slug:forum>/register/<slug:step>/", later("register.register"), name="register"),
    path("<slug:forum>/withdraw/", later("register.withdraw"), name="withdraw"),
    path("<slug:forum>/agenda/", later("agenda.agenda"), name="agenda"),
    path("<slug:forum>/agenda/renew/", later("agenda.renew_feed"), name="renew-feed"),
    path("<slug:forum>/agenda/reminders/", later("agenda.reminders"), name="reminders"),
    path("<slug:forum>/agenda/<str:token>.ics", later("agenda.feed"), name="feed"),
    path("<slug:forum>/book/<slug:code>/", later("agenda.book"), name="book"),
    path("<slug:forum>/leave/<slug:code>/", later("agenda.leave"), name="leave"),
    path("<slug:forum>/me/", later("fragments.me"), name="me"),
    path("<slug:forum>/me/<slug:code>/", later("fragments.card"), name="card"),
    path("<slug:forum>/join/<slug:code>/", later("attendance.join"), name="join"),
    path("<slug:forum>/statistics/", later("statistics.statistics"), name="statistics"),
    path("<slug:forum>/statistics/<slug:dimension>.csv", later("statistics.statistics_csv"), name="statistics-csv"),
    path("<slug:forum>/figures/", later("statistics.figures"), name="figures"),
    path("unsubscribe/<str:token>/", csrf_exempt(later("mail.unsubscribe")), name="unsubscribe"),
]
