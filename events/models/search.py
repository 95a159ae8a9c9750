"""What the search of the programme looks into on PostgreSQL, kept by events.programme.search_index. Empty elsewhere."""

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models.forum import Forum
from events.models.programme import Session


class SearchIndex(models.Model):
    """Up to which public revision the entries of a forum's sessions are made."""

    forum = models.OneToOneField(Forum, models.CASCADE, verbose_name=_("forum"), related_name="search_index")
    revision = models.BigIntegerField(_("public revision"), default=-1)

    class Meta:
        verbose_name = _("search index")
        verbose_name_plural = _("search indexes")

    def __str__(self) -> str:
        return f"{self.forum}: {self.revision}"


class SearchEntry(models.Model):
    """The words of one session, with their weights. `digest` is that of the words, to see whether they changed."""

    session = models.OneToOneField(Session, models.CASCADE, verbose_name=_("session"), related_name="search_entry")
    digest = models.CharField(_("digest"), max_length=32)
    vector = SearchVectorField(_("words"))

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")

    def __str__(self) -> str:
        return str(self.session)
