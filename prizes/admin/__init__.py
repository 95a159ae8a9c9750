"""The organisers' pages of the prize, one module per room."""

from prizes.admin import audit, counts, edition, fairplay, nominations, results, review

__all__ = ["audit", "counts", "edition", "fairplay", "nominations", "results", "review"]
