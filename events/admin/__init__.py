"""The organisers' pages of the programme. One module per subject."""

from events.admin import consultation, forum, hosts, outbox, people, programme, reference, release, sessions  # noqa: F401  each registers its pages
