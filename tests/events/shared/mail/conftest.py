import pytest

from tests.mail_servers import Server, started


@pytest.fixture
def server(smtp, settings):
    """A mail server that behaves as a test wants it to; the site delivers to it."""
    server = Server()
    with started(server):
        settings.EMAIL_PORT = server.port
        yield server
