"""Addresses of this app, below an optional language."""

from django.urls import URLPattern

app_name = "registration"
urlpatterns: list[URLPattern] = []
