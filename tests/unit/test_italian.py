"""Names that come from configuration stand in sentences as people say them."""

import pytest

from shared.domain.italian import of_the


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Camera di commercio di Pisa", "della Camera di commercio di Pisa"),
        ("Il Segretario generale", "del Segretario generale"),
        ("La Presidente", "della Presidente"),
        ("L'Organismo indipendente", "dell'Organismo indipendente"),
        ("Lo Studio", "dello Studio"),
        ("Toscana Nord-Ovest", "di Toscana Nord-Ovest"),
        ("Cameracanna", "di Cameracanna"),
    ],
)
def test_of_the(name: str, said: str) -> None:
    assert of_the(name) == said
