"""Identities that are made here are the same each time, and come back."""

from events.tables import identity


def test_numbers_are_unique_and_the_same_each_time():
    guid = identity.of_session("a")
    taken = set()

    first, second = identity.number_of(guid, taken=taken), identity.number_of(guid, taken=taken)

    assert (second - first, identity.number_of(guid, taken=set())) == (1, first)


def test_identity_and_number_of_a_person_come_back():
    kept = identity.person_origin(guid="", number="1544", name="Ada", system="a.example")
    guid = identity.of_person(kept)

    assert identity.number_kept(kept) == 1544
    assert identity.person_origin(guid=str(guid), number="1544", name="Ada King", system="b.example") == kept
    assert identity.person_origin(guid="", number="", name="Ada", system="a.example") == ""


def test_number_that_was_made_from_the_guid_is_not_kept():
    guid = identity.of_own_speaker(7)
    made = str(identity.number_of(guid, taken=set()))

    assert identity.person_origin(guid=str(guid), number=made, name="Ada", system="") == str(guid)


def test_older_identities_of_other_systems_keep_their_uuid():
    assert (identity.number_kept("1544"), identity.of_person("1544")) == (1544, identity.of_person("1544"))
    assert identity.of_person("1544") != identity.of_person("1545")
