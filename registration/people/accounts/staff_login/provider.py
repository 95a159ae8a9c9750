"""What we ask of the organisation's server (OpenID Connect), and what we believe of its answers: who somebody is there, and nothing
else. Names, addresses, groups and roles that it may send are not read; tokens are not kept.
"""

from collections.abc import Callable
from functools import wraps
from secrets import token_urlsafe
from typing import Any, ClassVar
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest
from django.urls import reverse

from events.shared.pages.absolute_urls import absolute
from events.shared.pages.rate_limits import MINUTE

KNOWN_FOR = 10 * MINUTE  # what the server says of itself
AWAY_FOR = MINUTE // 2  # a server that does not answer is not asked again: each who waits holds a thread of ours
NONSENSE = (LookupError, TypeError, ValueError, AttributeError, RecursionError, ImproperlyConfigured)
NONCE = "organisation_nonce"  # in the session
WELL_KNOWN = "/.well-known/openid-configuration"


def sensible[**P, T](ask: Callable[P, T]) -> Callable[P, T]:
    """What makes no sense in an answer of the server is its mistake (OAuth2Error), not ours."""

    @wraps(ask)
    def guarded(*args: P.args, **more: P.kwargs) -> T:
        try:
            return ask(*args, **more)
        except NONSENSE as error:
            raise OAuth2Error("The answer makes no sense") from error

    return guarded


class Server(OpenIDConnectOAuth2Adapter):
    """Speaks to the organisation's server."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the server says of itself. Refuses with OAuth2Error where it says nothing of use."""
        key = f"staff-login:{self.provider_id}"
        said = cache.get(key)
        if said is None:
            try:
                said = self._asked()
            except (OAuth2Error, OSError):  # of `requests`, too
                said = {}
            cache.set(key, said, KNOWN_FOR if said else AWAY_FOR)
        if not said:
            raise OAuth2Error("The server says nothing of itself")
        return dict(said)

    @sensible
    def _asked(self) -> dict[str, Any]:
        said: dict[str, Any] = super().openid_config
        own = urlsplit(self.provider_id).scheme
        if said["issuer"].rstrip("/") != self.provider_id:
            raise ValueError("issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(said[name]).scheme not in {"https", own}:
                raise ValueError(name)
        return said

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return absolute(reverse("account_organisation_callback"))

    get_access_token_data = sensible(OpenIDConnectOAuth2Adapter.get_access_token_data)
    parse_token = sensible(OpenIDConnectOAuth2Adapter.parse_token)

    @sensible
    def complete_login(self, *args: Any, **more: Any) -> SocialLogin:
        """Who somebody is there: the subject of a token that the server has signed for us."""
        self.did_fetch_access_token = False  # so the signature is looked at, though the token came by https
        return super().complete_login(*args, **more)


class Organisation(OpenIDConnectProvider):
    """The organisation whose accounts log staff in."""

    oauth2_adapter_class: ClassVar[type[Server]] = Server
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["openid"]

    def get_auth_params(self) -> dict[str, str]:
        """The token that comes back names the session which asked for it."""
        return {"nonce": self.request.session.setdefault(NONCE, token_urlsafe(24))}

    def extract_uid(self, data: dict[str, Any]) -> str:
        claims = data["id_token"]
        subject = claims["sub"]
        if claims["nonce"] != self.request.session[NONCE] or not subject.isprintable():
            raise ValueError("sub")
        return str(subject)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


def organisation(request: HttpRequest) -> Organisation:
    """The organisation of the setting; 404 where there is none. Its subjects are told apart by the server that names them."""
    said = settings.STAFF_LOGIN
    if not said:
        raise Http404
    server = said["server"].removesuffix(WELL_KNOWN).rstrip("/")
    app = SocialApp(
        provider=Organisation.id,
        provider_id=server,
        name=said["name"],
        client_id=said["client"],
        secret=said["secret"],
        settings={"server_url": server, "fetch_userinfo": False},
    )
    return Organisation(request, app=app)
