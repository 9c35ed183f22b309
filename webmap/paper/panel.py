"""The panel beside a map: inset, legend, key of the numbers, facilities without a point, locator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import shapely

from gis.layer import THEME_TITLES, Catalog, Layer, Theme
from gis.symbol import ByValue, Marker, Plain
from webmap import legend
from webmap.paper import display, phrases, symbols
from webmap.paper.display import Box, Group, Item, Paint, Text
from webmap.paper.frame import Frame, overview
from webmap.paper.furniture import GREY, INK, RED, rectangle
from webmap.paper.plot import Drawn
from webmap.paper.typeset import columns, paragraph, points, shortened, small_print, wrapped

_COLUMN = 46.0
_ROW = 4.15
_SAMPLE = 6.4
_GAP = 3.0
_SHORT = 3  # layers with so short a title need their values beside it


@dataclass(frozen=True)
class Block:
    """A part of the panel, drawn from an upper edge: its items and how high it is."""

    group: Group
    height: float


@dataclass(frozen=True)
class Legend:
    """What is drawn: how many features, and the names of areas and lines, by layer and symbol."""

    counts: Mapping[tuple[str, Plain], int]
    named: Mapping[tuple[str, Plain], Sequence[str]]


@dataclass(frozen=True)
class _Row:
    """A line of the legend, or with no symbol a heading of it."""

    text: str
    symbol: Plain | None = None
    hollow: bool = False


def key_of_symbols(
    catalog: Catalog, drawn: Legend, box: Box, unit: float, *, hollow: bool, lang: str = "zh"
) -> Block:
    """The legend: the symbols that are drawn, with how many features each, under their themes."""
    rows = list(_rows(catalog, drawn, hollow, lang))
    size, high = small_print(unit), _ROW * unit
    across = max(1, int(box.width / (_COLUMN * unit)))
    wide = box.width / across
    top = box.top + 6.2 * unit
    items: list[Item] = [Text(box.left, box.top + 4.2 * unit, phrases.LEGEND.say(lang), 4 * unit, bold=True)]
    heights = [high] * len(rows)
    deepest = 0.0
    headings = [at for at, row in enumerate(rows) if row.symbol is None]
    for number, column in enumerate(columns(heights, across, headings=headings)):
        x, y = box.left + number * wide, top
        for at in column:
            items += _legend_row(rows[at], Box(x, y, x + wide - 1.5 * unit, y + high), size, unit)
            y += high
        deepest = max(deepest, y)
    return Block(Group("legend", items), deepest - box.top + _GAP * unit)


def _rows(catalog: Catalog, drawn: Legend, hollow: bool, lang: str) -> Iterator[_Row]:
    for theme, layers in catalog.by_theme():
        lines = [row for layer in layers for row in _layer_rows(layer, drawn, lang)]
        if lines:
            title = THEME_TITLES[theme][lang == "en"]
            yield _Row(phrases.STRUCTURE.say(lang, theme=title) if theme is Theme.STRUCTURE else title)
            yield from lines
    if hollow:
        yield _Row(phrases.HOLLOW.say(lang), Marker("#555555", 6), hollow=True)


def _layer_rows(layer: Layer, drawn: Legend, lang: str) -> Iterator[_Row]:
    seen: set[Plain] = set()
    for entry in legend.entries(layer):
        count = drawn.counts.get((layer.id, entry.symbol), 0)
        if not count or entry.symbol in seen:
            continue
        seen.add(entry.symbol)
        title = _title(layer, entry, drawn, lang)
        counted = title if layer.theme is Theme.BASE else phrases.COUNTED.say(lang, title=title, count=count)
        yield _Row(counted, entry.symbol)


def _title(layer: Layer, entry: legend.Entry, drawn: Legend, lang: str) -> str:
    """What a symbol means: its value; by a field without codes, the names of what has it."""
    title = entry.heading(lang)
    if not isinstance(layer.symbol, ByValue):
        return title
    if not layer.field(layer.symbol.field).values:
        names = dict.fromkeys(drawn.named.get((layer.id, entry.symbol), (title,)))
        return phrases.LIST.say(lang).join(names)
    if entry.title == legend.OTHER[0]:
        return phrases.REST_OF_LAYER.say(lang, layer=layer.heading(lang), value=title)
    if len(layer.title) <= _SHORT:
        return phrases.OF_LAYER.say(lang, layer=layer.heading(lang), value=title)
    return title


def _legend_row(row: _Row, box: Box, size: float, unit: float) -> Iterator[Item]:
    base = box.bottom - (box.height - size) / 2 - 0.12 * size
    if row.symbol is None:
        yield Text(
            box.left, base, shortened(row.text, box.width, size, bold=True), size, bold=True, color="#54475c"
        )
        return
    wide = _SAMPLE * unit
    sample = Box(box.left, box.top + 0.55 * unit, box.left + wide, box.bottom - 0.55 * unit)
    yield from symbols.sample(row.symbol, sample, hollow=row.hollow)
    room = box.width - wide - 1.6 * unit
    lines = wrapped(row.text, room, size)
    if len(lines) == 1:
        yield Text(box.left + wide + 1.6 * unit, base, row.text, size)
        return
    small = max(size * 0.94, points(6.05))
    yield Text(box.left + wide + 1.6 * unit, base, shortened(row.text, room, small), small)


def key_of_numbers(
    numbered: Sequence[tuple[int, Drawn]],
    box: Box,
    unit: float,
    size: float,
    cells: Mapping[str, str],
    lang: str = "zh",
) -> Block:
    """The names that are only numbers on the map, with their symbols and grid references."""
    rows = [_Told(str(number), one, one.called(lang), cells.get(one.key, "")) for number, one in numbered]
    return _table("numbers", phrases.NUMBERED.say(lang), rows, box, unit, size)


def without_point(unsited: Sequence[Drawn], box: Box, unit: float, size: float, lang: str = "zh") -> Block:
    """The facilities of which only the city or district is known."""
    ordered = sorted(unsited, key=lambda one: (_where(one), -one.layer.order, one.name))
    rows = [_Told("", one, one.called(lang), _where(one, lang)) for one in ordered]
    return _table("without-point", phrases.UNSITED.say(lang), rows, box, unit, size)


def left_out(unnamed: int, unsited: Sequence[Drawn], box: Box, unit: float, *, lang: str = "zh") -> Block:
    """How many facilities the map shows without a name, and how many not at all, by their city or district."""
    size, y = small_print(unit), box.top + 1.2 * unit
    places = Counter(_where(one, lang) for one in unsited)
    told = phrases.COMMA.say(lang).join(f"{place} {count}" for place, count in places.most_common())
    texts = [phrases.UNNAMED.say(lang, count=unnamed)] if unnamed else []
    texts += [phrases.UNDRAWN.say(lang, places=told)] if unsited else []
    items: list[Item] = []
    for text in texts:
        made, y = paragraph(text, box.left, y, box.width, size)
        items += made
    return Block(Group("left-out", items), y - box.top + _GAP * unit if texts else 0)


def _where(one: Drawn, lang: str = "zh") -> str:
    place = one.feature.properties.get("district") or one.feature.properties.get("city")
    field = one.layer.field("district" if one.feature.properties.get("district") else "city")
    return field.value_title(place, lang)


@dataclass(frozen=True)
class _Told:
    """What a row of a table tells: a number, the facility and its name, and a remark."""

    number: str
    one: Drawn
    name: str
    note: str


def _table(name: str, heading: str, rows: Sequence[_Told], box: Box, unit: float, size: float) -> Block:
    if not rows:
        return Block(Group(name, []), 0)
    across = max(1, int(box.width / (40 * unit)))
    wide = box.width / across
    top = box.top + 5.4 * unit
    items: list[Item] = [Text(box.left, box.top + 3.6 * unit, heading, 3.1 * unit, bold=True)]
    laid = [_Entry(row, wide - 2 * unit, size, unit) for row in rows]
    deepest = 0.0
    for number, column in enumerate(columns([one.height for one in laid], across)):
        x, y = box.left + number * wide, top
        for at in column:
            items += laid[at].items(x, y)
            y += laid[at].height
        deepest = max(deepest, y)
    return Block(Group(name, items), deepest - box.top + _GAP * unit)


@dataclass(frozen=True)
class _Entry:
    """A row of a table: number, symbol, name in as many lines as it needs, and a remark at the right."""

    told: _Told
    width: float
    size: float
    unit: float

    @property
    def _indent(self) -> float:
        symbol = 1.25 * self.size if isinstance(self.told.one.symbol, Marker) else 0
        return symbol + (4.2 * self.unit if self.told.number else 0)

    @cached_property
    def _remark(self) -> Text:
        return Text(self.width, 0, self.told.note, self.size, color=GREY, anchor="end")

    @cached_property
    def _lines(self) -> list[str]:
        room = self.width - self._indent - (self._remark.width + 1 if self.told.note else 0)
        return wrapped(self.told.name, room, self.size) or [""]

    @property
    def height(self) -> float:
        return (0.16 + 1.12 * len(self._lines)) * self.size

    def items(self, x: float, y: float) -> Iterator[Item]:
        size, base = self.size, y + 0.98 * self.size
        if self.told.number:
            yield Text(x + 3.4 * self.unit, base, self.told.number, size, bold=True, color=RED, anchor="end")
        if isinstance(self.told.one.symbol, Marker):
            left, side = x + self._indent - 1.25 * size, 0.95 * size
            mark = Box(left, base - 0.36 * size - side / 2, left + side, base - 0.36 * size + side / 2)
            yield from symbols.sample(self.told.one.symbol, mark, hollow=self.told.one.hollow)
        for line, text in enumerate(self._lines):
            yield Text(x + self._indent, base + 1.12 * line * size, text, size)
        if self.told.note:
            yield replace(self._remark, x=x + self.width, y=base)


def locator(shapes: Sequence[Drawn], frame: Frame, box: Box, unit: float, lang: str = "zh") -> Block:
    """Where the sheet lies: the largest areas of the base with their names, the map's frame in red."""
    if not shapes:
        return Block(Group("locator", []), 0)
    whole = shapely.union_all([one.feature.geometry for one in shapes])
    west, south, east, north = whole.bounds
    small = overview(shapely.box(west, south, east, north), box.grown(-1.5 * unit), frame.crs)
    items: list[Item] = [rectangle(box, Paint("#ffffff", 1, INK, 0.2))]
    size = points(6.05)
    for one in shapes:
        area = shapely.simplify(small.to_page(one.feature.geometry), 0.15)
        items.append(display.Shape(area, Paint("#f3efe6", 1, "#8d7f93", 0.15)))
    for one in shapes:
        middle = shapely.get_point(
            shapely.maximum_inscribed_circle(small.to_page(one.feature.geometry), 0.3), 0
        )
        name = one.called(lang).removesuffix("市")
        x, y = float(middle.x), float(middle.y) + 0.36 * size
        items.append(Text(x, y, name, size, anchor="middle", color="#54475c", halo=0.5))
    edge = shapely.segmentize(
        shapely.box(frame.box.left, frame.box.top, frame.box.right, frame.box.bottom), 5
    )
    corners = [frame.to_degrees(x, y) for x, y in shapely.get_coordinates(edge).tolist()]
    shown = small.to_page(shapely.Polygon(corners))
    inside = shown.intersection(shapely.box(box.left, box.top, box.right, box.bottom))
    items.append(display.Shape(inside, Paint("#c0392b", 0.08, RED, 0.45)))
    return Block(Group("locator", items, box.grown(0.2)), box.height)
