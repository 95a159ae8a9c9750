"""Addresses of this app, below an optional language."""

from django.urls import URLPattern

app_name = "prizes"
urlpatterns: list[URLPattern] = []
