"""How features look, said once for screen and paper. Lengths are in points (1/72 inch).

The set is closed: a new kind of symbol is a class here and one `case` in each translator, and the
type checker lists the places (`typing.assert_never`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from gis.frozen import FrozenMapping

_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")


class Shape(StrEnum):
    """The outline of a marker; differs by kind so that a grey print can still be read."""

    CIRCLE = "circle"
    SQUARE = "square"
    DIAMOND = "diamond"
    TRIANGLE = "triangle"
    STAR = "star"
    CROSS = "cross"
    PENTAGON = "pentagon"
    HEXAGON = "hexagon"


def _check_colour(color: str) -> None:
    if not _COLOUR.match(color):
        raise ValueError(f"color {color!r}: expected #rrggbb in lower case")


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} {value!r}: expected {low} to {high}")


@dataclass(frozen=True)
class Marker:
    """A point: a filled outline of `size` points across with a thin white rim."""

    color: str
    size: float = 6
    shape: Shape = Shape.CIRCLE

    def __post_init__(self) -> None:
        _check_colour(self.color)
        _check_range("size", self.size, 1, 48)
        object.__setattr__(self, "shape", Shape(self.shape))


@dataclass(frozen=True)
class Stroke:
    """A line `width` points wide; `dash` is the lengths of line and gap in points, empty when solid."""

    color: str
    width: float = 1
    dash: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_colour(self.color)
        _check_range("width", self.width, 0.1, 24)
        object.__setattr__(self, "dash", tuple(self.dash))
        for length in self.dash:
            _check_range("dash", length, 0, 96)


@dataclass(frozen=True)
class Fill:
    """An area: its colour and opacity (0 to 1), its outline if it has one, hatched when schematic."""

    color: str
    opacity: float = 0.4
    outline: Stroke | None = None
    hatched: bool = False

    def __post_init__(self) -> None:
        _check_colour(self.color)
        _check_range("opacity", self.opacity, 0, 1)


Plain: TypeAlias = Marker | Stroke | Fill


@dataclass(frozen=True)
class ByValue:
    """A symbol that depends on the value of a field; `other` is for values that are not named."""

    field: str
    cases: Mapping[str, Plain]
    other: Plain

    def __post_init__(self) -> None:
        object.__setattr__(self, "cases", FrozenMapping(self.cases))


Symbol: TypeAlias = Marker | Stroke | Fill | ByValue


def plain_symbols(symbol: Symbol) -> Iterator[Plain]:
    """Every plain symbol that a symbol can come to."""
    if isinstance(symbol, ByValue):
        yield from symbol.cases.values()
        yield symbol.other
    else:
        yield symbol


def symbol_for(symbol: Symbol, properties: Mapping[str, object]) -> Plain:
    """The plain symbol of a feature with these properties."""
    if not isinstance(symbol, ByValue):
        return symbol
    return symbol.cases.get(str(properties.get(symbol.field)), symbol.other)
