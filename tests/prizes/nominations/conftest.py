import pytest

from tests.factories import ActionLineFactory, CountryFactory, SDGFactory
from tests.prizes.factories import make_edition, voter


@pytest.fixture
def edition(db, noon):
    """An edition of three categories that takes nominations."""
    for code in ("C1", "C2", "C3"):
        ActionLineFactory(code=code, short_name=code)
    SDGFactory()
    CountryFactory()
    CountryFactory(code="CH")
    return make_edition(phase="submission")


@pytest.fixture
def user():
    return voter()
