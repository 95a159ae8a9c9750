import pytest

from tests.factories import NOW, ActionLineFactory, CountryFactory, SDGFactory
from tests.prizes.factories import make_edition, voter


@pytest.fixture
def edition(db, time_machine):
    """An edition of three categories that takes nominations."""
    time_machine.move_to(NOW, tick=False)
    for code in ("C1", "C2", "C3"):
        ActionLineFactory(code=code, short_name=code)
    SDGFactory()
    CountryFactory()
    CountryFactory(code="CH")
    return make_edition(phase="submission")


@pytest.fixture
def user():
    return voter()
