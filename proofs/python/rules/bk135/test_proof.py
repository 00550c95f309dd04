"""Searches for texts that LIKE takes for patterns."""

from types import ModuleType

from rules.bk135 import avoid, prefer
from support import fresh_database, sessions

NAMES = ["Wool 100%", "Wool 1000 g", "code_1", "code-1", "code\\1", "code/1"]
PRODUCTS = "".join(
    f"insert into products (name, price_minor, stock) values ('{name}', 1900, 1);"
    for name in NAMES
)


async def found(sample: ModuleType, *texts: str) -> list[list[str]]:
    """Return the names that each text finds."""
    async with fresh_database(PRODUCTS) as url, sessions(url) as new, new() as session:
        return [
            [product.name for product in await sample.search(session, text)]
            for text in texts
        ]


async def test_avoid_percent_and_underscore_find_what_does_not_contain_them() -> None:
    wool, percent, code = await found(avoid, "wool", "100%", "code_1")
    assert wool == NAMES[:2]
    assert percent == NAMES[:2]
    assert code == NAMES[2:]


async def test_avoid_a_percent_sign_lists_everything() -> None:
    assert await found(avoid, "%") == [NAMES]


async def test_avoid_a_backslash_hides_the_row_that_has_it() -> None:
    dash, backslash = await found(avoid, "code-1", "code\\1")
    assert dash == ["code-1"]
    assert backslash == []


async def test_prefer_each_text_finds_the_rows_that_contain_it() -> None:
    expected = {
        "": NAMES,
        "WOOL": NAMES[:2],
        "code/1": ["code/1"],
        "100%": ["Wool 100%"],
        "%": ["Wool 100%"],
        "CODE_1": ["code_1"],
        "\\": ["code\\1"],
        "code\\1": ["code\\1"],
        "\\%": [],
    }
    assert await found(prefer, *expected) == list(expected.values())
