"""Who is logged in with the session of a request."""

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject


def _logged_in(session: Any) -> Any:
    """The account that came with a session; None where the log-in is not good beyond doubt."""
    is_known = session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    account = session.account if is_known else None
    if account is None or not account.is_active or str(account.pk) != session[auth.SESSION_KEY]:
        return None
    is_good = constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), account.get_session_auth_hash())
    return account if is_good else None


class Authentication(AuthenticationMiddleware):
    """Django's own, which asks for session and account in one query."""

    def process_request(self, request: Any) -> None:
        """Set `request.user`: who is logged in, or AnonymousUser, looked for when it is needed. What is in doubt, Django
        decides."""

        def found() -> Any:
            if not hasattr(request, "_cached_user"):  # Django's own name for it
                request._cached_user = _logged_in(request.session) or auth.get_user(request)
            return request._cached_user

        request.user = SimpleLazyObject(found)
