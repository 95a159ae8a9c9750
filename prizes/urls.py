"""Addresses of this app, below an optional language. `forum` is the forum's slug."""

from django.urls import path

from prizes import views

app_name = "prizes"
urlpatterns = [
    path("<slug:forum>/prizes/", views.home, name="home"),
]
