"""The permissions that one account has, and in which forums."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# What is still done in an archived forum: reading and taking out, and what has to do with people and with the archive itself.
# The first word of a permission's name.
IN_THE_ARCHIVE = frozenset({"view", "log", "inspect", "export", "give", "withdraw", "archive"})


def counts_in_the_archive(permission: str) -> bool:
    """Whether a permission counts in archived forums, too."""
    return permission.partition(".")[2].partition("_")[0] in IN_THE_ARCHIVE


@dataclass(frozen=True)
class Rights:
    """The permissions of one account ("events.change_session"): those for all forums, and those for some (by their keys). And
    which forums are archived."""

    everywhere: frozenset[str] = frozenset()
    somewhere: Mapping[str, frozenset[int]] = field(default_factory=dict)
    archived: frozenset[int] = frozenset()

    def closed(self, permission: str) -> frozenset[int]:
        """The keys of the archived forums, where nobody has this permission; none for one that counts there too."""
        return frozenset() if counts_in_the_archive(permission) else self.archived

    def forums(self, permission: str) -> frozenset[int]:
        """The keys of the forums that a membership for them alone opens to this permission."""
        return self.somewhere.get(permission, frozenset()) - self.closed(permission)

    def hold(self, permission: str, *, forum_id: int | None) -> bool:
        """Whether the permission counts in a forum; None: in all, those to come too."""
        return permission in self.everywhere or (forum_id is not None and forum_id in self.forums(permission))


NONE = Rights()
