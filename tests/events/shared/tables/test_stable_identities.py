"""Identities that are made here are the same each time, and come back."""

from events.shared.tables import stable_identities


def test_numbers_are_unique_and_the_same_each_time():
    guid = stable_identities.of_session("a")
    taken = set()

    first, second = stable_identities.number_of(guid, taken=taken), stable_identities.number_of(guid, taken=taken)

    assert (second - first, stable_identities.number_of(guid, taken=set())) == (1, first)


def test_identity_and_number_of_a_person_come_back():
    kept = stable_identities.person_origin(guid="", number="1544", name="Ada", system="a.example")
    guid = stable_identities.of_person(kept)

    assert stable_identities.number_kept(kept) == 1544
    assert stable_identities.person_origin(guid=str(guid), number="1544", name="Ada King", system="b.example") == kept
    assert stable_identities.person_origin(guid="", number="", name="Ada", system="a.example") == ""
    made = str(stable_identities.number_of(guid, taken=set()))  # a number that comes of the UUID is not kept
    assert stable_identities.person_origin(guid=str(guid), number=made, name="Ada", system="") == str(guid)
    assert stable_identities.number_kept("1544") == 1544  # older identities are other systems' numbers
    assert (
        stable_identities.of_person("1544") == stable_identities.of_person("1544") != stable_identities.of_person("1")
    )
