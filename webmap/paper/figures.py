"""Figures of an indicator: what the documents say of each area, read from the published data, and their classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gis.feature import Feature
from webmap.paper import phrases
from webmap.paper.content import Content
from webmap.paper.sheet import Figures

# The palest differs from the paper, the darkest still carries text; the lightness falls by steps that grey keeps.
RAMP = ("#d3edbd", "#7fcdbb", "#3fa3bf", "#24649f")
_OF_RAMP = {1: (2,), 2: (1, 3), 3: (0, 2, 3), 4: (0, 1, 2, 3)}
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SIGNS = {">": ">", "≥": "≥", "≈": "≈"}
_GROWTH_UNIT = "%"


@dataclass(frozen=True)
class Figure:
    """What is said of one area: its first figure, the one aimed at, None where the documents are silent.

    `key` is that of the area's feature, "" for an area that is not drawn; `sign` stands before the aim, `wording` is
    how the document calls the indicator, `source` where that stands.
    """

    name: str
    key: str = ""
    base: float | None = None
    base_year: int | None = None
    target: float | None = None
    sign: str = ""
    wording: str = ""
    source: str = ""

    @property
    def difference(self) -> float | None:
        """From the first figure to the aim."""
        return None if self.base is None or self.target is None else round(self.target - self.base, 6)

    @property
    def growth(self) -> float | None:
        """The difference in per cent of the first figure; None for one of nothing."""
        return None if self.difference is None or not self.base else 100 * self.difference / self.base

    def value(self, show: str, gap: str) -> float | None:
        """What a map shows of the area."""
        return {"base": self.base, "target": self.target}.get(
            show, self.growth if gap == "growth" else self.difference
        )


def read(asked: Figures, content: Content) -> tuple[Figure, ...]:
    """The figures of each area, then those of what is larger than an area; areas of which nothing is said, too."""
    rows = [row for row in _rows(asked, content) if _is_of(asked, row)]
    rows.sort(
        key=lambda row: (asked.wordings.index(str(row.properties["indicator"])), str(row.properties["key"]))
    )
    areas = content.features.get(asked.layer, ())
    found = [
        _figure(one, [row for row in rows if _place(row) == _place(one)], asked, content) for one in areas
    ]
    wider = [row for row in rows if _place(row) is None]
    return (*found, *([_figure(None, wider, asked, content)] if wider else ()))


def _rows(asked: Figures, content: Content) -> Iterator[Feature]:
    for layer in content.catalog.values():
        if layer.figures:
            yield from content.features.get(layer.id, ())


def _place(one: Feature) -> object:
    return one.properties.get("city")


def _is_of(asked: Figures, row: Feature) -> bool:
    told = row.properties
    return (
        told["indicator"] in asked.wordings
        and told.get("unit", asked.unit) in asked.units
        and (told.get("kind") or asked.kind) == asked.kind
    )


def _figure(area: Feature | None, rows: Sequence[Feature], asked: Figures, content: Content) -> Figure:
    """The figure of an area: of the row that says both, else of one that says one of them."""
    name = str(area.properties["name"]) if area else str(rows[0].properties["name"]).partition("：")[0]
    key = str(area.properties["key"]) if area else ""
    told = [figure for row in rows for figure in [_told(name, key, row, asked, content)] if _says(figure)]
    best = min(told, key=lambda figure: (figure.base is None) + (figure.target is None), default=None)
    return best or Figure(name, key)


def _says(figure: Figure) -> bool:
    return figure.base is not None or figure.target is not None


def _told(name: str, key: str, row: Feature, asked: Figures, content: Content) -> Figure:
    told, (first, second) = row.properties, asked.years
    base_year = told.get("base_year")
    is_base = base_year in (first, first - 1)  # what a document calls the state may be a year old
    note = str(told.get("value_note") or "")
    return Figure(
        name,
        key,
        _number(told["base_value"]) if is_base else None,
        int(str(base_year)) if is_base else None,
        _number(told["target_value"]) if told.get("target_year") == second else None,
        _SIGNS.get(note, ""),
        str(told["indicator"]),
        _source(str(told.get("source") or ""), content),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _source(text: str, content: Content) -> str:
    """The title of the document and the first place in it."""
    document, _hash, section = text.partition("|")[0].partition("#")
    title = content.sources.get(document, document).strip("《》")
    return f"《{title}》{section}" if title else ""


# --- classes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Classes:
    """Classes of equal width between round limits, with their fills from light to dark; the last holds its upper
    limit, too."""

    limits: tuple[float, ...]
    fills: tuple[str, ...]

    @property
    def step(self) -> float:
        return self.limits[1] - self.limits[0]

    def fill(self, value: float) -> str:
        """The fill of the class that holds a value."""
        return self.fills[self.at(value)]

    def at(self, value: float) -> int:
        """The number of the class that holds a value, from 0."""
        return min(sum(value >= limit for limit in self.limits[1:]), len(self.fills) - 1)


def classes(values: Sequence[float]) -> Classes | None:
    """At most four classes over values; None for no values."""
    if not values:
        return None
    low, high = min(values), max(values)
    step = _round_step((high - low) / (len(RAMP) - 1) or abs(high) or 1.0)
    start = math.floor(low / step) * step
    count = max(1, min(len(RAMP), math.ceil((high - start) / step - 1e-9)))
    limits = tuple(round(start + number * step, 9) for number in range(count + 1))
    return Classes(limits, tuple(RAMP[at] for at in _OF_RAMP[count]))


def _round_step(width: float) -> float:
    """The smallest round width that is no less."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in _STEPS if step * power >= width * (1 - 1e-9))


def values(found: Sequence[Figure], show: Sequence[str], gap: str) -> list[float]:
    """What maps show of the areas that are drawn."""
    told = (figure.value(one, gap) for figure in found if figure.key for one in show)
    return [value for value in told if value is not None]


# --- in words -------------------------------------------------------------------------------------


def number(value: float) -> str:
    """A figure as it is written: thousands apart."""
    return f"{value:,.10g}".replace(",", " ")


def signed(value: float) -> str:
    """A difference as it is written."""
    return f"{'+' if value >= 0 else '−'}{number(abs(value))}"


def share(value: float) -> str:
    """A growth in per cent as it is written."""
    return f"{'+' if value >= 0 else '−'}{abs(value):.0f}%"


def gap_unit(asked: Figures, lang: str = "zh") -> str:
    """The unit of what the third map shows."""
    if asked.gap == "growth":
        return _GROWTH_UNIT
    return phrases.POINTS.say(lang) if asked.unit == "%" else asked.unit


def in_words(figure: Figure, show: str, asked: Figures, lang: str = "zh") -> str:
    """What a map says of an area; "" for nothing."""
    write: dict[str, Callable[[], str]] = {
        "base": lambda: (
            "" if figure.base is None else f"{number(figure.base)}{asked.unit}{old(figure, asked, lang)}"
        ),
        "target": lambda: (
            "" if figure.target is None else f"{figure.sign}{number(figure.target)}{asked.unit}"
        ),
        "gap": lambda: "" if figure.difference is None else _gap(figure, figure.difference, asked),
    }
    return write[show]()


def old(figure: Figure, asked: Figures, lang: str = "zh") -> str:
    """The year of a first figure that is of another year than it should be."""
    if figure.base is None or figure.base_year == asked.years[0]:
        return ""
    return phrases.OF_YEAR.say(lang, year=figure.base_year)


def _gap(figure: Figure, difference: float, asked: Figures) -> str:
    if asked.gap == "growth" and figure.growth is not None:
        return share(figure.growth)
    return f"{signed(difference)}{'' if asked.unit == '%' else asked.unit}"
