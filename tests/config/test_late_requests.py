"""What nginx has given up is not done."""

import re

import pytest

from config.running.serving import late_requests
from tests.factories import NOW
from tests.services.whole_site.nginx import CONFIGURATION

SENT = NOW.timestamp()


def status(header):
    said = []

    def application(environ, start):
        start("200 OK", [])
        return [b"done"]

    environ = {} if header is None else {"HTTP_X_REQUEST_START": header}
    late_requests.unless_late(application)(environ, lambda words, headers: said.append((words[:3], dict(headers))))
    return said[0][0], said[0][1].get("Retry-After")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"t={SENT - 14.9}", ("200", None)),
        (f"t={SENT - 15:.3f}", ("503", "5")),
        (f"t={SENT - 59}", ("503", "5")),
        (f"t={SENT - 60}", ("200", None)),  # of a clock that is behind
        (f"t={SENT + 3600}", ("200", None)),  # of a clock that is ahead
        (None, ("200", None)),
        ("", ("200", None)),
        ("yesterday", ("200", None)),
    ],
)
def test_request_is_done_until_it_is_given_up(noon, header, found):
    assert status(header) == found


def test_nginx_waits_as_long_and_says_when_it_sent_a_request_on():
    text = CONFIGURATION.read_text()

    waits = [float(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s;", text)]
    assert waits == [late_requests.GIVEN_UP, 120]  # that of the organisers' pages, which do not say when
    assert "proxy_set_header X-Request-Start $wsis_sent;" in text
    assert text.count("proxy_set_header") == 6  # none in a location: there these would not hold
