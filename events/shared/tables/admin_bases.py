"""Tables in and out on the pages of a list: which columns they have, and who may bring rows in."""

from collections.abc import Sequence

from events.models import Forum, Viewing
from events.shared.admin.admin_bases import SiteAdmin
from events.shared.admin.admin_recording import EVERY
from events.shared.admin.current_forum import bound_forum
from events.shared.history import acts
from events.shared.history.verbs import Verb
from events.shared.rights import memberships
from events.shared.tables.resources import NEW, TableResource


class OwnTable(SiteAdmin):
    """Rows go out with the columns of a `resource`, not with those of the list."""

    resource: type[TableResource]


class TableMixin(OwnTable):
    """Who may add and change rows may import them, too, at the one door of all imports (events.exchange)."""

    import_verbs = ("add", "change")
    import_rights: Sequence[str] = ()  # further ones

    @property
    def is_of_site(self):
        """Whether the rows belong to no forum."""
        return not memberships.forum_paths(self.model)

    def beside_list(self, request):
        return {"may_import": self.may_import_here(request), **super().beside_list(request)}

    def may_import(self, user):
        """Whether an account may import rows somewhere."""
        return self.may_import_everywhere(user) or self.import_forums(user).exists()

    def may_import_here(self, request):
        """Whether the person may import rows from this page on: into the forum to which it is bound, or into any."""
        forum = None if self.is_of_site else bound_forum(request)
        if forum is None:
            return self.may_import(request.user)
        return all(memberships.has(request.user, right, forum) for right in self._import_rights())

    def may_import_everywhere(self, user):
        """Whether an account may import rows into all forums, those to come too."""
        return all(memberships.is_everywhere(user, right) for right in self._import_rights())

    def _import_rights(self):
        return [*(self.right(verb) for verb in self.import_verbs), *self.import_rights]

    def import_forums(self, user):
        """The forums into which an account may import rows; none where rows belong to the whole site."""
        if self.is_of_site:
            return Forum.objects.none()
        forums = Forum.objects.all()
        for right in self._import_rights():
            forums &= memberships.forums(user, right)
        return forums

    def saw_import(self, request, look):
        """The preview shows what stands in the rows that a table names, whoever sends it."""
        keys = [key for kind, found in look.keys.items() for key in found if key and kind != NEW]
        rows = self.model._base_manager.filter(pk__in=keys) if self.person_path(request) else ()
        self.saw(request, Viewing.Kind.LIST, rows)

    def import_act(self, forum, *, by, now):
        """The act of an import, which can be taken back. Of rows whose changes rules write down it writes no entries."""
        kept = None if self.written_by_rules is EVERY else self.kept_values
        about = {"label": str(self.opts.verbose_name_plural), "forum_id": forum and forum.pk}
        return acts.act(self.model(), verb=Verb.IMPORT_TABLE, by=by, now=now, kept=kept, **about)
