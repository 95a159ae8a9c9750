from events.shared.history import hooks


def test_each_verb_has_one_meaning():
    found = [verb for choices in hooks.verbs.of() for verb in choices.values]
    assert len(found) == len(set(found)) > 50
