"""The legend of a layer: what each of its symbols means. Read off the declaration, shared by screen and paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gis.layer import Field, Layer, Value
from gis.symbol import ByValue, Plain

OTHER = ("其他", "Other")
NAMED = 2  # values without a case of their own that are named rather than called "other"


@dataclass(frozen=True)
class Entry:
    """One line of a legend. `code` is the value that the symbol stands for, None for all or for all others."""

    title: str
    title_en: str
    symbol: Plain
    code: str | None = None

    def heading(self, lang: str = "zh") -> str:
        """The title in a language."""
        return self.title_en or self.title if lang == "en" else self.title


def entries(layer: Layer) -> tuple[Entry, ...]:
    """The lines of a layer's legend: one for a plain symbol; for one by value, one a case and one for the rest.

    There is a line for the rest only where another value can occur.
    """
    if isinstance(layer.symbol, ByValue):
        return tuple(_cases(layer.symbol, layer.field(layer.symbol.field)))
    return (Entry(layer.title, layer.title_en, layer.symbol),)


def _cases(symbol: ByValue, field: Field) -> Iterator[Entry]:
    for code, plain in symbol.cases.items():
        value = next((value for value in field.values if str(value.code) == code), None)
        yield Entry(value.title if value else code, value.title_en if value else "", plain, code)
    others = [value for value in field.values if str(value.code) not in symbol.cases]
    if others and len(others) <= NAMED:
        yield Entry(_joined("、", others, "zh"), _joined(", ", others, "en"), symbol.other)
    elif others or not field.values:
        yield Entry(*OTHER, symbol.other)


def _joined(comma: str, values: list[Value], lang: str) -> str:
    return comma.join(value.title_en or value.title if lang == "en" else value.title for value in values)
