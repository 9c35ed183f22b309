"""A sheet of figures: small maps of one indicator side by side, their legend and a table of the figures below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt

import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from gis.layer import Geometry
from webmap.paper import display, figures, furniture, imprint, panel, phrases, plot, symbols
from webmap.paper import frame as frames
from webmap.paper.content import Content
from webmap.paper.display import Box, Circle, Group, Item, Page, Paint, Text
from webmap.paper.figures import Classes, Figure
from webmap.paper.frame import Frame
from webmap.paper.furniture import GREY, INK, RED, rectangle
from webmap.paper.labels import Item as Wanted
from webmap.paper.labels import Placed, Variant, place
from webmap.paper.layout import Layout, layout
from webmap.paper.panel import Legend
from webmap.paper.plot import Plot, Selected
from webmap.paper.sheet import Figures, Sheet
from webmap.paper.typeset import points, small_print, wrapped

_GAP = 2.5
_HEAD = 8.5  # the heading above each map
_SMALL = 0.72  # furniture of small maps beside that of a sheet
_KEY = 124.0  # width of the legend
_KEY_HEIGHT = 37.0
_LARGEST = 0.072  # radius of the largest circle beside the diagonal of a map
_LEAST = 0.8
_FEW = 5.0  # an amount of less than that has no circle of the largest size
_LEADING = 1.24
_BLANK = Paint(fill="#ffffff")
_HATCH = Paint(stroke="#8a8a8a", width=0.12)
_PLAIN = Paint(fill="#f3f1ec")
_NOW = Paint(fill="#24649f", opacity=0.88, stroke="#ffffff", width=0.25)
_THEN = Paint(fill="#7fcdbb", opacity=0.9, stroke="#24649f", width=0.4)


def compose(
    sheet: Sheet, asked: Figures, content: Content, selected: Selected, extent: BaseGeometry
) -> tuple[Page, float]:
    """The page of a sheet of figures, and its scale. `extent` (degrees) is what each of its maps shows."""
    made = _Triptych(sheet, asked, content, selected, extent)
    return made.page, made.frames[0].scale


@dataclass(frozen=True)
class _Triptych:
    sheet: Sheet
    asked: Figures
    content: Content
    selected: Selected
    extent: BaseGeometry

    @cached_property
    def plan(self) -> Layout:
        return layout(self.sheet, 1.0, inset=False)

    @property
    def _unit(self) -> float:
        return self.plan.unit

    @property
    def _size(self) -> float:
        """The size of small print."""
        return small_print(self._unit)

    @cached_property
    def found(self) -> tuple[Figure, ...]:
        return figures.read(self.asked, self.content)

    @cached_property
    def page(self) -> Page:
        plan = self.plan
        maps = [group for number in range(len(self.frames)) for group in self._map(number)]
        border = Group("border", [rectangle(plan.outer, Paint(stroke=INK, width=0.7 * plan.unit))])
        told = imprint.lines(self.sheet, self.content, ())
        title, foot = (
            furniture.title(self.sheet, plan),
            furniture.foot(self.sheet, self.frames[0], plan, told),
        )
        return Page(
            plan.width,
            plan.height,
            self.sheet.title,
            (*maps, border, self._key(), self._table(), title, foot),
            self.sheet.language,
            tuple(frame.reference for frame in self.frames),
        )

    # --- where things stand ---

    @cached_property
    def _boxes(self) -> tuple[list[Box], Box, Box]:
        """The boxes of the maps with their bands and headings, of the legend and of the table."""
        outer, gap, count = self.plan.outer.grown(-_GAP * self._unit), _GAP * self._unit, len(self.asked.show)
        key, high = _KEY * self._unit, _KEY_HEIGHT * self._unit
        is_wide = outer.width > 3 * key
        table = self._table_height(outer.width - (key + 2 * gap if is_wide else 0))
        below = max(table, high) if is_wide else table + high
        maps, strip = (
            replace(outer, bottom=outer.bottom - below - gap),
            replace(outer, top=outer.bottom - below),
        )
        wide = (maps.width - (count - 1) * gap) / count
        columns = [
            replace(maps, left=maps.left + n * (wide + gap), right=maps.left + n * (wide + gap) + wide)
            for n in range(count)
        ]
        if is_wide:
            return (
                columns,
                replace(strip, right=strip.left + key),
                replace(strip, left=strip.left + key + 2 * gap),
            )
        return columns, replace(strip, bottom=strip.top + high), replace(strip, top=strip.top + high)

    @cached_property
    def frames(self) -> list[Frame]:
        """The frames of the maps, all at one scale."""
        band = 3.8 * self._unit
        found = []
        for box in self._boxes[0]:
            inner = replace(box.grown(-band), top=box.top + _HEAD * self._unit + band)
            found.append(frames.fit(self.extent, inner, self.sheet.crs, self.sheet.scale))
        return found

    # --- the maps ---

    @cached_property
    def _main(self) -> Plot:
        return plot.plot(self.selected, self.frames[0])

    @cached_property
    def _base(self) -> tuple[Group, ...]:
        """The drawing below the figures of the first map: the other maps have the same. Areas that the figures cover
        anyway have their boundaries only."""
        areas = {one.layer.id for one in self._main.shapes if one.layer.geometry is Geometry.POLYGON}
        covered = areas - {self.asked.layer}
        return tuple(group for group in plot.groups(self._main) if group.name not in covered)

    def _map(self, number: int) -> Iterator[Group]:
        show, frame, box = self.asked.show[number], self.frames[number], self._boxes[0][number]
        small = replace(self.plan, map=frame.box, unit=self._unit * _SMALL)
        lines, degrees = furniture.graticule(frame, small, letters=False)
        north, north_box = furniture.north_arrow(frame, small, self._lang)
        away = frame.box.left - self.frames[0].box.left
        areas = list(self._areas(away))
        circles = dict(self._circles(areas, show))
        yield Group("paper", [rectangle(frame.box, Paint("#eef1f0"))])
        for group in self._base:
            yield display.moved(group, away, 0)
            if group.name == self.asked.layer:
                yield Group("figures-fill", self._fills(areas, show), frame.box)
                yield lines
        yield Group("figures", circles.values(), frame.box)
        yield Group("figures-names", self._names(areas, show, circles, frame.box, north_box), frame.box)
        yield north
        inner, outer = Paint(stroke=INK, width=0.18), Paint(stroke=INK, width=0.3)
        yield Group("neatlines", [rectangle(frame.box, inner), rectangle(small.band, outer)])
        yield degrees
        size = 4.3 * self._unit
        title = Text(
            box.centre[0], box.top + 1.25 * size, self._heading(show), size, bold=True, anchor="middle"
        )
        yield Group("heading", [title])

    def _heading(self, show: str) -> str:
        (first, second), lang, unit = self.asked.years, self._lang, self.asked.unit
        if show == "gap":
            told = figures.gap_unit(self.asked, lang).strip()
            return phrases.GAP_IN.say(lang, what=self._gap, first=first, second=second, unit=told)
        if show == "base":
            return phrases.BASE_IN.say(lang, year=first, unit=unit)
        return phrases.TARGET_IN.say(lang, year=second, unit=unit)

    @property
    def _lang(self) -> str:
        return self.sheet.language

    @property
    def _gap(self) -> str:
        """What the third map shows, in a word."""
        return (phrases.GROWTH if self.asked.gap == "growth" else phrases.GAP).say(self._lang)

    def _areas(self, away: float) -> Iterator[_Area]:
        """The areas of a map that lies so far to the right of the first, with their figures."""
        known = {figure.key: figure for figure in self.found if figure.key}
        for one in self._main.shapes:
            if one.layer.id == self.asked.layer:
                shape = translate(shapely.simplify(one.geometry, 0.05), away)
                yield _Area(one.called(self._lang), shape, known[str(one.feature.properties["key"])])

    def _classes(self, show: str) -> Classes | None:
        """The classes of a map of fills; both years have the same ones."""
        if show == "gap":
            return figures.classes(figures.values(self.found, ("gap",), self.asked.gap))
        if self.asked.symbols == "circles":
            return None
        return figures.classes(figures.values(self.found, ("base", "target"), self.asked.gap))

    def _fills(self, areas: Sequence[_Area], show: str) -> Iterator[Item]:
        found = self._classes(show)
        for area in areas:
            value = area.figure.value(show, self.asked.gap)
            if value is None:
                yield from _hatched(area.shape, 2.4)
            else:
                yield display.Shape(area.shape, _PLAIN if found is None else Paint(fill=found.fill(value)))

    @cached_property
    def _largest(self) -> float:
        return (
            max((abs(value) for value in figures.values(self.found, ("base", "target"), "")), default=0.0)
            or 1.0
        )

    def _radius(self, value: float) -> float:
        box = self.frames[0].box
        reach = _LARGEST * sqrt(box.width**2 + box.height**2)
        return max(_LEAST * self._unit, reach * sqrt(max(value, 0) / max(self._largest, _FEW)))

    def _circles(self, areas: Sequence[_Area], show: str) -> Iterator[tuple[str, Circle]]:
        """Circles whose areas are as the amounts, in the middle of their areas."""
        if show == "gap" or self.asked.symbols != "circles":
            return
        for area in areas:
            if value := area.figure.value(show, self.asked.gap):
                paint = _NOW if show == "base" else _THEN
                yield area.figure.key, Circle(*area.middle, self._radius(value), paint)

    def _names(
        self, areas: Sequence[_Area], show: str, circles: Mapping[str, Circle], frame: Box, block: Box
    ) -> Iterator[Text]:
        """The name of each area with what the map says of it, off the circles and inside the area where it can be."""
        size = points(7.6) * self._unit
        told = {
            one.figure.key: (
                one.name,
                figures.in_words(one.figure, show, self.asked, self._lang) or phrases.UNTOLD.say(self._lang),
            )
            for one in areas
        }
        wanted = [one.wanted(told[one.figure.key], circles.get(one.figure.key), size) for one in areas]
        discs = [(circle.x, circle.y, circle.radius) for circle in circles.values()]
        for key, spot in place(wanted, frame.grown(-1), blocks=[block], symbols=discs).items():
            yield from _tag(told[key], spot, size)

    # --- the legend ---

    def _key(self) -> Group:
        box, unit = self._boxes[1], self._unit
        drawn = Legend(self._main.counts, self._main.named)
        blocks = [rows for rows in self._key_blocks() if rows]
        first = 32 * unit
        wide = (box.width - first) / max(len(blocks), 1)
        at = replace(box, right=box.left + first)
        base = panel.key_of_symbols(
            self.content.catalog, drawn, at, unit, hollow=False, lang=self.sheet.language
        )
        items: list[Item] = [base.group]
        for number, rows in enumerate(blocks):
            x, y = box.left + first + number * wide, box.top + 7 * unit
            for row in rows:
                made, high = row.at(x, y, wide - 2 * unit, self._size, unit)
                items += made
                y += high
        return Group("figures-key", items)

    def _key_blocks(self) -> Iterator[list[_Row]]:
        """The columns of the legend: of the maps of a year, and of the gap; the last tells what a hatch means."""
        shown, (first, second), lang = self.asked.show, self.asked.years, self._lang
        silent = _Row(phrases.SILENT.say(lang), "hatch")
        years = [show for show in shown if show != "gap"]
        rows: list[_Row] = []
        if self.asked.symbols == "circles":
            texts = {
                "base": (phrases.BASE.say(lang, year=first), _NOW),
                "target": (phrases.TARGET.say(lang, year=second), _THEN),
            }
            rows = [_Row(phrases.CIRCLES.say(lang))] if years else []
            rows += [_Row(texts[show][0], self._sample(texts[show][1])) for show in years]
        elif years:
            rows = list(self._class_rows(years, phrases.SAME_CLASSES.say(lang) if len(years) == 2 else ""))
        gap = list(self._class_rows(["gap"], "")) if "gap" in shown else []
        yield rows if gap or not rows else [*rows, silent]
        yield [*gap, silent] if gap else []

    def _sample(self, paint: Paint) -> Circle:
        return Circle(0, 0, 1.6 * self._unit, paint)

    def _class_rows(self, shown: Sequence[str], remark: str) -> Iterator[_Row]:
        found = self._classes(shown[0])
        if found is None:
            return
        lang, is_gap = self._lang, shown[0] == "gap"
        unit = figures.gap_unit(self.asked, lang) if is_gap else self.asked.unit
        what = self._gap if is_gap else phrases.VALUE.say(lang)
        step = figures.number(found.step)
        yield _Row(phrases.CLASSES.say(lang, what=what, step=step, unit=unit, remark=remark))
        for number, fill in enumerate(found.fills):
            low, high = map(figures.number, found.limits[number : number + 2])
            held = phrases.COMMA.say(lang).join(self._held(found, number, shown))
            yield _Row(phrases.CLASS.say(lang, low=low, high=high, unit=unit, held=held), Paint(fill))

    def _held(self, found: Classes, number: int, shown: Sequence[str]) -> Iterator[str]:
        """How many areas a class has on each map."""
        first, second = self.asked.years
        for show in shown:
            count = sum(
                found.at(value) == number for value in figures.values(self.found, (show,), self.asked.gap)
            )
            year = first if show == "base" else second
            told = phrases.CITIES_IN if len(shown) > 1 else phrases.CITIES
            yield told.say(self._lang, year=year, count=count)

    # --- the table ---

    def _columns(self, wide: float) -> list[tuple[str, float]]:
        (first, second), unit, lang = self.asked.years, self._unit, self._lang
        fixed = [
            (phrases.AREA.say(lang), 15.0),
            (phrases.YEAR.say(lang, year=first), 19.0),
            (phrases.TARGET.say(lang, year=second), 20.0),
            (phrases.GAP.say(lang), 21.0),
            (phrases.GROWTH.say(lang), 12.0),
            (phrases.BOTH.say(lang), 34.0),
        ]
        rest = wide - sum(width for _title, width in fixed) * unit
        return [*((title, width * unit) for title, width in fixed), (phrases.WORDING.say(lang), rest)]

    def _rows(self, wide: float) -> list[tuple[Figure, list[str]]]:
        room = self._columns(wide)[-1][1] - 2 * self._unit
        comma, silent = phrases.COMMA.say(self._lang), phrases.SILENT.say(self._lang)
        told = [
            f"{figure.wording}{comma}{figure.source}" if figure.wording else silent for figure in self.found
        ]
        return [
            (figure, wrapped(text, room, self._size)) for figure, text in zip(self.found, told, strict=True)
        ]

    def _row_height(self, lines: Sequence[str]) -> float:
        return (1.28 * max(len(lines), 1) + 0.9) * self._size

    def _table_height(self, wide: float) -> float:
        heights = sum(self._row_height(lines) for _figure, lines in self._rows(wide))
        return heights + 8.5 * self._unit + self._size * 1.6

    def _table(self) -> Group:
        box, unit, size = self._boxes[2], self._unit, self._size
        columns = self._columns(box.width)
        lefts = [
            box.left + sum(width for _title, width in columns[:number]) for number in range(len(columns))
        ]
        y = box.top + 4.6 * unit
        items: list[Item] = [
            Text(left, y, title, size, bold=True, color="#54475c")
            for left, (title, _w) in zip(lefts, columns, strict=True)
        ]
        y += 1.4 * unit
        items.append(furniture.line(box.left, y, box.right, y, Paint(stroke=INK, width=0.3)))
        for figure, lines in self._rows(box.width):
            items += self._row(figure, lines, lefts, y)
            y += self._row_height(lines)
            items.append(furniture.line(box.left, y, box.right, y, Paint(stroke="#bbbbbb", width=0.1)))
        note = phrases.UNITS.say(self._lang, unit=self.asked.unit)
        items.append(Text(box.left, y + 1.5 * size, note, size, color=GREY))
        return Group("figures-table", items)

    def _row(self, figure: Figure, lines: Sequence[str], lefts: Sequence[float], y: float) -> Iterator[Item]:
        size, base = self._size, y + 1.35 * self._size
        yield Text(lefts[0], base, self._called(figure), size, bold=bool(figure.key))
        yield from self._cells(figure, lefts, base)
        room = lefts[6] - lefts[5] - 3 * self._unit
        yield from self._bars(figure, lefts[5], y + self._row_height(lines) / 2, room)
        for number, text in enumerate(lines):
            color = INK if figure.wording else GREY
            yield Text(lefts[6], base + 1.28 * number * size, text, size, color=color)

    def _called(self, figure: Figure) -> str:
        """The name of an area in the language of the sheet."""
        drawn = (one for one in self._main.shapes if one.layer.id == self.asked.layer)
        keys = {str(one.feature.properties["key"]): one for one in drawn}
        return keys[figure.key].called(self._lang) if figure.key in keys else figure.name

    def _cells(self, figure: Figure, lefts: Sequence[float], base: float) -> Iterator[Text]:
        size, difference = self._size, figure.difference
        told = (
            "—"
            if figure.base is None
            else f"{figures.number(figure.base)}{figures.old(figure, self.asked, self._lang)}",
            "—" if figure.target is None else f"{figure.sign}{figures.number(figure.target)}",
            "—" if difference is None else figures.signed(difference),
            "—" if figure.growth is None else figures.share(figure.growth),
        )
        for number, text in enumerate(told, start=1):
            yield Text(
                lefts[number],
                base,
                text,
                size,
                bold=number == 3,
                color=RED if number == 3 and text != "—" else INK,
            )

    def _bars(self, figure: Figure, left: float, middle: float, room: float) -> Iterator[Item]:
        """Two bars from the same left edge, to one scale in the whole table; what is larger than an area has none."""
        high = 0.62 * self._size
        if not figure.key:
            return
        for value, top, paint in ((figure.base, middle - high, _NOW), (figure.target, middle, _THEN)):
            if value is not None and value > 0:
                wide = max(room * value / self._largest, 0.25)
                yield rectangle(Box(left, top, left + wide, top + high * 0.86), replace(paint, width=0.12))


@dataclass(frozen=True)
class _Area:
    """An area on a map with what is said of it."""

    name: str
    shape: BaseGeometry
    figure: Figure

    @cached_property
    def middle(self) -> tuple[float, float]:
        """The place that is farthest from the edge."""
        point = shapely.get_point(shapely.maximum_inscribed_circle(self.shape, 0.3), 0)
        return float(point.x), float(point.y)

    def wanted(self, lines: tuple[str, str], circle: Circle | None, size: float) -> Wanted:
        """What is asked of the placement: beside the circle, or within the area."""
        wide = max(Text(0, 0, text, size, bold=True).width for text in lines) + 0.6
        way, rank = (Variant(wide, 2 * _LEADING * size),), self.shape.area
        if circle is not None:
            return Wanted(self.figure.key, circle.x, circle.y, circle.radius, way, rank)
        x, y = self.middle
        spots = [(x, y, 0.0), *((x, y + shift * size, 0.2 + abs(shift)) for shift in (-1.5, 1.5, -3, 3))]
        return Wanted(self.figure.key, x, y, 0.0, way, rank, spots=tuple(spots))


@dataclass(frozen=True)
class _Row:
    """A line of the legend: what it shows and what that means."""

    text: str
    sample: Paint | Circle | str | None = None

    def at(self, x: float, y: float, wide: float, size: float, unit: float) -> tuple[list[Item], float]:
        """The line at a place (its upper left corner), and how high it is."""
        indent = 0.0 if self.sample is None else 8 * unit
        lines = wrapped(self.text, wide - indent, size, bold=self.sample is None)
        items: list[Item] = [
            Text(x + indent, y + (0.92 + number * _LEADING) * size, text, size, bold=self.sample is None)
            for number, text in enumerate(lines)
        ]
        box = Box(x, y - 0.05 * size, x + 6.4 * unit, y + 1.15 * size)
        if isinstance(self.sample, Circle):
            items.append(replace(self.sample, x=box.centre[0], y=box.centre[1]))
        elif isinstance(self.sample, Paint):
            items.append(rectangle(box, replace(self.sample, stroke="#7d6b83", width=0.12)))
        elif self.sample:
            area = shapely.box(box.left, box.top, box.right, box.bottom)
            items += [*_hatched(area, 1.2), rectangle(box, Paint(stroke="#7d6b83", width=0.12))]
        return items, max(len(lines) * _LEADING * size, 1.4 * size) + 0.5 * size


def _hatched(area: BaseGeometry, apart: float) -> Iterator[Item]:
    yield display.Shape(area, _BLANK)
    yield display.Shape(symbols.hatch(area, 45, apart), _HATCH)


def _tag(lines: tuple[str, str], spot: Placed, size: float) -> Iterator[Text]:
    x, _y = spot.box.centre
    for number, (text, bold) in enumerate(zip(lines, (True, False), strict=True)):
        y = spot.box.top + (0.98 + number * _LEADING) * size
        yield Text(x, y, text, size, bold=bold, anchor="middle", halo=0.3 * size)
