from datetime import timedelta

from tests.factories import NOW


def test_strangers_learn_whom_to_tell_of_a_weakness(client, settings, time_machine):
    time_machine.move_to(NOW)
    settings.BASE_URL, settings.DEFAULT_FROM_EMAIL = "https://forum.example.org", "Forum <forum@example.org>"
    of_mails = client.get("/.well-known/security.txt")
    settings.SECURITY_CONTACT = "https://example.org/security"
    own = client.get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in of_mails.content.decode().splitlines())
    assert lines == {
        "Contact": "mailto:forum@example.org",
        "Expires": f"{(NOW + timedelta(days=180)).date()}T00:00:00Z",
        "Preferred-Languages": "en, fr, ar",
        "Canonical": "https://forum.example.org/.well-known/security.txt",
    }
    assert of_mails["Content-Type"] == "text/plain; charset=utf-8"
    assert b"Contact: https://example.org/security\n" in own.content
