"""A sheet composed: from what is asked and the features there are to a page in millimetres."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import BadParameter
from gis.feature import Bbox
from gis.layer import Geometry, Theme
from gis.symbol import Plain, symbol_for
from webmap.paper import content as contents
from webmap.paper import frame as frames
from webmap.paper import furniture, imprint, panel, phrases, plot, state, triptych
from webmap.paper.content import Content
from webmap.paper.display import Box, Group, Page, Paint, Text
from webmap.paper.frame import Frame
from webmap.paper.furniture import INK, rectangle
from webmap.paper.layout import Layout, layout
from webmap.paper.names import Names, names
from webmap.paper.panel import Block, Legend
from webmap.paper.plot import Drawn, Plot, Selected
from webmap.paper.sheet import Around, Figures, Inset, Sheet
from webmap.paper.typeset import points, small_print

MOST_FACILITIES = 3000
_DENSE = 0.05  # share of facilities without a name from which an inset is made
_ROUNDS = 6
_TIMES = 2.5
_MOST_KEYED = 200  # facilities on A3 whose names and keys find room beside each other
_WIDEST = 0.6  # share of the page that the panel may take
_LOCATOR = 36.0
_LEAST_LOCATOR = 26.0
_LARGEST_LOCATOR = 58.0
_WIDE = 130.0  # a panel so wide has the locator beside the legend
_LEAST_INSET = 42.0


@dataclass(frozen=True)
class Place:
    """A named facility of a sheet and the grid cell in which it stands: what an index is made of."""

    name: str
    cell: str
    key: str


@dataclass(frozen=True)
class Report:
    """What became of the facilities of a sheet: how many there are, named, numbered, in a table without a point."""

    facilities: int
    named: int
    numbered: int
    unsited: int


@dataclass(frozen=True)
class Composed:
    """A finished sheet: its page, the places on it, and what became of its facilities."""

    page: Page
    places: tuple[Place, ...]
    report: Report
    scale: float
    numbered: frozenset[str]


def compose(sheet: Sheet, content: Content) -> Composed:
    """The page of a sheet. Raises `BadParameter` when there is nothing in its extent, or too much."""
    asked, content = state.applied(sheet, content)
    if asked.figures is not None:
        return _of_figures(asked, asked.figures, content)
    return _of_state(asked, content) if sheet.state else _of_features(asked, content)


def _of_features(sheet: Sheet, content: Content) -> Composed:
    found = _fitting(_first(sheet, content, sheet.inset))
    if (
        sheet.inset is None
        and sheet.crowded
        and found.report.numbered > _DENSE * max(found.report.facilities, 1)
    ):
        found = _fitting(replace(_first(sheet, content, Inset(times=_TIMES)), crowded=found.numbered))
    return found


def _of_state(sheet: Sheet, content: Content) -> Composed:
    """The sheet of a saved state of the map, which may show more than a sheet can name: then some are symbols only."""
    attempt = _first(sheet, content, None)
    room = _MOST_KEYED * attempt.plan.unit**4  # as the area of the paper
    if len(attempt.everything.facilities) <= room and attempt.crammed <= 0:
        try:
            return _of_features(sheet, content)
        except BadParameter:
            pass  # the panel is too full
    return _fitting(replace(attempt, sheet=replace(sheet, keyed=False)))


def check(sheet: Sheet, content: Content) -> None:
    """Raise what `compose` would raise of a sheet's extent, scale and contents, without placing any names."""
    sheet, content = state.applied(sheet, content)
    if sheet.figures is not None:
        _of_figures(sheet, sheet.figures, content)
    else:
        _first(sheet, content, sheet.inset)


def _of_figures(sheet: Sheet, asked: Figures, content: Content) -> Composed:
    selected = contents.chosen(content, sheet.layers, sheet.equals)
    extent, _focus = _extent(sheet, content, selected)
    page, scale = triptych.compose(sheet, asked, content, selected, extent)
    return Composed(page, (), Report(0, 0, 0, 0), scale, frozenset())


def _first(sheet: Sheet, content: Content, inset: Inset | None) -> _Attempt:
    selected = contents.chosen(content, sheet.layers, sheet.equals)
    extent, focus = _extent(sheet, content, selected)
    plan = layout(sheet, _aspect(extent, sheet.crs), inset=inset is not None)
    frame = frames.fit(extent, plan.map, sheet.crs, sheet.scale)
    everything = plot.plot(selected, frame, focus=focus)
    _check(everything, sheet)
    return _Attempt(sheet, content, selected, plan, frame, focus, everything, inset)


def _fitting(attempt: _Attempt) -> Composed:
    """The sheet with a panel that is not too full: the inset gives way, or where there is none the map."""
    for _round in range(_ROUNDS):
        if attempt.small is None and attempt.crammed > 0:
            over = attempt.crammed
            attempt = _widened(attempt, over)
            continue
        found, over = attempt.compose()
        if over <= 0:
            return found
        has_inset = attempt.small is not None
        attempt = replace(attempt, spare=attempt.spare + over + 1) if has_inset else _widened(attempt, over)
    raise _too_full(attempt, over)


def _too_full(attempt: _Attempt, over: float) -> BadParameter:
    fixed = "" if attempt.sheet.scale is None else ", a smaller scale"
    needed = f"{over:.0f} mm more room for legend and keys: fewer layers{fixed} or a larger paper"
    return BadParameter("panel", f"{attempt.sheet.panel:g}", needed)


def _widened(attempt: _Attempt, over: float) -> _Attempt:
    """The attempt with a larger panel. Raises `BadParameter` when the map at its scale leaves none."""
    try:
        wider = _first(_roomier(attempt), attempt.content, attempt.inset)
    except BadParameter as refused:
        raise (_too_full(attempt, over) if refused.name == "scale" else refused) from None
    return replace(wider, crowded=attempt.crowded)


def _roomier(attempt: _Attempt) -> Sheet:
    """The sheet with a panel that is larger by a quarter."""
    band = attempt.plan.outer
    landscape = attempt.sheet.orientation == "landscape"
    taken = band.right - attempt.plan.band.right if landscape else band.bottom - attempt.plan.band.bottom
    most = (band.width if landscape else band.height) * _WIDEST
    return replace(attempt.sheet, panel=min(taken * 1.25, most))


def _check(everything: Plot, sheet: Sheet) -> None:
    count = len(everything.facilities)
    if count > MOST_FACILITIES:
        raise BadParameter(
            "layers", count, f"at most {MOST_FACILITIES} facilities on one sheet; choose fewer layers"
        )
    if not everything.facilities and not everything.shapes:
        box = everything.frame.bbox
        shown = ", ".join(f"{side:.4g}" for side in (box.west, box.south, box.east, box.north))
        wanted = ", ".join(sheet.layers) or "the layers that are shown"
        raise BadParameter("extent", shown, f"an extent in which there are features of {wanted}")


def _extent(sheet: Sheet, content: Content, selected: Selected) -> tuple[BaseGeometry, BaseGeometry | None]:
    """The extent in degrees; the area to which facilities are kept when the sheet is about one."""
    if isinstance(sheet.extent, Around):
        areas = _around(sheet.extent, content)
        focus = shapely.union_all(areas) if sheet.extent.only else None
        return _with_margin(shapely.union_all(areas), sheet.extent.margin), focus
    if sheet.extent is not None:
        return sheet.extent.geometry(), None
    base = [
        one.geometry
        for layer, found in selected
        if layer.theme is Theme.BASE
        for one in found
        if one.geometry
    ]
    every = base or [one.geometry for _layer, found in selected for one in found if one.geometry is not None]
    if not every:
        raise BadParameter("layers", ", ".join(sheet.layers), "layers that have features")
    return _with_margin(shapely.union_all(every), 0.02), None


def _around(extent: Around, content: Content) -> list[BaseGeometry]:
    found = [one for one in content.features.get(extent.layer, ()) if one.geometry is not None]
    if extent.key:
        found = [one for one in found if one.properties["key"] == extent.key]
    if not found:
        raise BadParameter("extent.key", extent.key, f"a feature of {extent.layer} that has a place")
    return [one.geometry for one in found if one.geometry is not None]


def _with_margin(geometry: BaseGeometry, margin: float) -> BaseGeometry:
    west, south, east, north = geometry.bounds
    by = max(east - west, north - south, 0.02) * margin
    return shapely.box(west - by, south - by, east + by, north + by)


def _aspect(extent: BaseGeometry, crs: str) -> float:
    west, south, east, north = frames.plane_bounds(extent, crs)
    return (east - west) / (north - south)


@dataclass(frozen=True)
class _Attempt:
    """A sheet with or without an inset."""

    sheet: Sheet
    content: Content
    selected: Selected
    plan: Layout
    frame: Frame
    focus: BaseGeometry | None
    everything: Plot
    inset: Inset | None
    spare: float = 0
    crowded: frozenset[str] = frozenset()

    def compose(self) -> tuple[Composed, float]:
        """The sheet, and by how many millimetres the panel is too full."""
        plan, unit, lang = self.plan, self.plan.unit, self.sheet.language
        everything = self.everything
        small = self.small
        window = None if small is None else _window(self.frame, small)
        main = everything
        if window is not None:
            main = plot.plot(self.selected, self.frame, hidden=window, focus=self.focus)
        north, north_box = furniture.north_arrow(self.frame, plan, lang)
        tag = None if window is None else _tag(window, self.inset, unit, lang)
        blocks = [north_box, *([tag.box.grown(0.6)] if tag else [])]
        named = self._names(main, blocks, window, 1)
        lines, degrees = furniture.graticule(self.frame, plan)
        outside = Group("paper", [rectangle(plan.map, Paint("#eef1f0"))])
        drawn = [*plot.groups(main, self.focus), *named.groups]
        marks = [] if window is None or tag is None else [_marked(window, tag)]
        map_ = [outside, *drawn[:1], lines, *drawn[1:], *marks, north]
        beside, inner, over = self._panel(main, everything, named, small)
        every = [*everything.shapes, *everything.unsited, *(one.drawn for one in everything.facilities)]
        told = imprint.lines(self.sheet, self.content, (one.feature for one in every))
        schematic = any(one.layer.theme is Theme.STRUCTURE for one in everything.shapes)
        page = Page(
            plan.width,
            plan.height,
            self.sheet.title,
            (
                *map_,
                furniture.neatlines(plan),
                degrees,
                furniture.grid_ticks(plan),
                *beside,
                furniture.title(self.sheet, plan),
                furniture.foot(self.sheet, self.frame, plan, told, schematic=schematic),
            ),
            self.sheet.language,
            (self.frame.reference,),
        )
        numbered = len(named.numbered) + (len(inner.numbered) if inner else 0)
        labelled = named.labelled + (inner.labelled if inner else 0)
        unnamed = 0 if self.sheet.keyed else len(named.unnamed)
        report = Report(numbered + labelled + unnamed, labelled, numbered, len(everything.unsited))
        keys = frozenset(one.key for _number, one in (*named.numbered, *(inner.numbered if inner else ())))
        return Composed(page, tuple(self._places(everything)), report, self.frame.scale, keys), over

    def _names(self, plotted: Plot, blocks: Sequence[Box], hidden: Box | None, first: int) -> Names:
        return names(
            plotted,
            self.plan.unit,
            self.plan.small,
            blocks=blocks,
            hidden=hidden,
            pins=self.sheet.pins,
            first_number=first,
            lang=self.sheet.language,
            focus=self.focus,
            keyed=self.sheet.keyed,
        )

    # --- the panel ---

    @property
    def crammed(self) -> float:
        """By how many millimetres a panel without an inset is too full whatever names find room on the map."""
        box = self.plan.panel
        heights = sum(block.height for block in self._known(replace(box, right=box.right - self._beside)))
        return heights - box.height - 2 * self.plan.unit

    def _known(self, box: Box) -> Iterator[Block]:
        """The parts of the panel that do not depend on the names of the map."""
        unit, lang, found = self.plan.unit, self.sheet.language, self.everything
        drawn = Legend(found.counts, found.named)
        hollow = any(one.drawn.hollow for one in found.facilities)
        yield panel.key_of_symbols(self.content.catalog, drawn, box, unit, hollow=hollow, lang=lang)
        if self.sheet.keyed:
            yield panel.without_point(found.unsited, box, unit, self.plan.small, lang)

    def _panel(
        self, main: Plot, everything: Plot, named: Names, small: Frame | None
    ) -> tuple[list[Group], Names | None, float]:
        plan, unit = self.plan, self.plan.unit
        box, groups, inner = plan.panel, [], None
        numbered = list(named.numbered)
        counts: Counter[tuple[str, Plain]] = Counter(main.counts)
        if small is not None:
            drawn = plot.plot(self.selected, small, focus=self.focus)
            title = _inset_title(small, self.inset, unit, self.sheet.language)
            inner = self._names(drawn, [title.box.grown(0.5)], None, len(numbered) + 1)
            groups.append(_inset_group(small, drawn, inner, self.focus, title))
            numbered += inner.numbered
            for name, count in drawn.counts.items():
                if self.content.catalog[name[0]].geometry is Geometry.POINT:
                    counts[name] += count
        shown = Legend(counts, everything.named)
        cells = {one.key: one.cell for one in self._places(everything)}
        hollow = any(one.drawn.hollow for one in everything.facilities)
        top = box.top if small is None or not self._stacked else small.box.bottom + 4 * unit
        left = box.left if small is None or self._stacked else small.box.right + 4 * unit
        at = Box(left, top, box.right - self._beside, box.bottom)
        lang, catalog = self.sheet.language, self.content.catalog
        parts: tuple[Callable[[Box], Block], ...] = (
            lambda at: panel.key_of_symbols(catalog, shown, at, unit, hollow=hollow, lang=lang),
            *(
                (
                    lambda at: panel.key_of_numbers(numbered, at, unit, plan.small, cells, lang),
                    lambda at: panel.without_point(everything.unsited, at, unit, plan.small, lang),
                )
                if self.sheet.keyed
                else (lambda at: panel.left_out(len(named.unnamed), everything.unsited, at, unit, lang=lang),)
            ),
        )
        for part in parts:
            block = part(at)
            groups.append(block.group)
            at = Box(at.left, at.top + block.height, at.right, at.bottom)
        bottom = top + _LOCATOR * unit if self._stacked and self._beside else box.bottom
        side_length = min(self._side_length, bottom - (top if self._beside else at.top))
        if side_length >= _LEAST_LOCATOR * unit and self._whole:
            side = Box(box.right - side_length, bottom - side_length, box.right, bottom)
            groups.append(panel.locator(self._whole, self.frame, side, unit, lang).group)
        return groups, inner, at.top - at.bottom - 2 * unit

    @property
    def _beside(self) -> float:
        """What the locator takes of the width of a panel in which it stands beside the other parts."""
        if not self._whole or (self._stacked and self.plan.panel.width < _WIDE * self.plan.unit):
            return 0.0
        return (_LOCATOR + 4) * self.plan.unit

    @property
    def _side_length(self) -> float:
        alone = self._stacked and not self._beside and self.small is None
        return (
            min(self.plan.panel.width, _LARGEST_LOCATOR * self.plan.unit)
            if alone
            else _LOCATOR * self.plan.unit
        )

    @property
    def _stacked(self) -> bool:
        """Whether the parts of the panel stand below each other."""
        return self.sheet.orientation == "landscape"

    @cached_property
    def _whole(self) -> list[Drawn]:
        """The large areas of the base, unless the map shows them all anyway."""
        for layer, features in self.selected:
            big = (
                layer.theme is Theme.BASE
                and layer.geometry is Geometry.POLYGON
                and (layer.label_zoom or 99) <= 7
            )
            if big:
                held = [one for one in features if one.geometry is not None]
                shown = sum(one.layer is layer for one in self.everything.shapes)
                whole = Bbox(*shapely.union_all([one.geometry for one in held]).bounds)
                if shown and self.frame.bbox.join(whole) != self.frame.bbox:
                    return [
                        Drawn(layer, one, symbol_for(layer.symbol, one.properties), one.geometry)
                        for one in held
                    ]
        return []

    # --- the inset ---

    @cached_property
    def small(self) -> Frame | None:
        """The frame of the inset in the panel, None when there is none or no room for it."""
        if self.inset is None:
            return None
        room = self._inset_room(self.everything)
        if min(room.width, room.height) < _LEAST_INSET * self.plan.unit:
            return None
        if self.inset.extent is not None:
            return frames.fit(self._extent_of(self.inset.extent), room, self.sheet.crs, None)
        scale = frames.rounded(self.frame.scale / self.inset.times)
        x, y = _densest(self._crowd(), self.frame.box, room, scale / self.frame.scale)
        lon, lat = self.frame.to_degrees(x, y)
        east, north = frames.transformer(self.sheet.crs).transform(lon, lat)
        return Frame(room, self.sheet.crs, east, north, scale)

    def _crowd(self) -> list[tuple[float, float]]:
        """The places that an inset should show: of those that found no room for their names, else of all."""
        every = self.everything.facilities
        return [one.home for one in every if one.drawn.key in self.crowded] or [one.home for one in every]

    def _extent_of(self, extent: Bbox | Around) -> BaseGeometry:
        if isinstance(extent, Around):
            return _with_margin(shapely.union_all(_around(extent, self.content)), extent.margin)
        return extent.geometry()

    def _inset_room(self, everything: Plot) -> Box:
        """The part of the panel that the other parts leave to the inset."""
        unit, box = self.plan.unit, self.plan.panel
        if not self._stacked:
            return Box(box.left, box.top, box.left + min(box.width * 0.5, box.height * 1.2), box.bottom)
        keys = sum(block.height for block in self._known(replace(box, right=box.right - self._beside)))
        spare = (12 + 0.1 * len(everything.facilities)) * unit + self.spare
        if self._whole and not self._beside:
            spare += _LOCATOR * unit
        high = min(box.height - keys - spare, box.width * 1.05)
        return Box(box.left, box.top, box.right, box.top + high)

    # --- what is told about it ---

    def _places(self, everything: Plot) -> Iterator[Place]:
        for one in everything.facilities:
            x, y = one.home
            if self.plan.map.around(x, y):
                yield Place(
                    one.drawn.called(self.sheet.language),
                    furniture.cell(self.plan.map, self.plan.unit, x, y),
                    one.drawn.key,
                )


def _window(frame: Frame, small: Frame) -> Box:
    """What the inset shows, on the map."""
    b = small.box
    corners = [small.to_degrees(x, y) for x in (b.left, b.right) for y in (b.top, b.bottom)]
    left, top, right, bottom = frame.to_page(shapely.MultiPoint(corners)).bounds
    return Box(left, top, right, bottom)


def _densest(crowd: Sequence[tuple[float, float]], box: Box, room: Box, times: float) -> tuple[float, float]:
    """The middle of the window of the inset's size in which there are most of the places."""
    wide, high = room.width * times / 2, room.height * times / 2
    homes = np.array(crowd).reshape(-1, 2)
    if not len(homes):
        return box.centre
    low, top = (box.left + wide, box.top + high), (box.right - wide, box.bottom - high)
    centres = np.clip(homes, low, np.maximum(low, top))
    inside = (np.abs(homes[None] - centres[:, None]) < (wide * 0.94, high * 0.94)).all(axis=2)
    best = inside[int(np.argmax(inside.sum(axis=1)))]
    middle = (homes[best].min(axis=0) + homes[best].max(axis=0)) / 2
    x, y = np.clip(middle, low, np.maximum(low, top)).tolist()
    return x, y


def _tag(window: Box, inset: Inset | None, unit: float, lang: str) -> Text:
    """What stands at the window on the map."""
    size = small_print(unit)
    title = inset.title if inset and inset.title else phrases.INSET.say(lang)
    x, y = window.left + 0.8, window.top - 0.9
    return Text(
        x, y, phrases.SEE.say(lang, title=title), size, bold=True, color=furniture.RED, halo=0.3 * size
    )


def _marked(window: Box, tag: Text) -> Group:
    return Group("inset-window", [rectangle(window, Paint(stroke=furniture.RED, width=0.35)), tag])


def _inset_title(small: Frame, inset: Inset | None, unit: float, lang: str) -> Text:
    box, size = small.box, points(8) * unit
    title = inset.title if inset and inset.title else phrases.INSET.say(lang)
    text = f"{title}  {furniture.numeric_scale(small.scale)}"
    return Text(box.left + 1.4 * unit, box.top + 1.2 * unit + size, text, size, bold=True, halo=0.3 * size)


def _inset_group(small: Frame, drawn: Plot, named: Names, focus: BaseGeometry | None, title: Text) -> Group:
    paper = Group("paper", [rectangle(small.box, Paint("#eef1f0"))])
    frame = rectangle(small.box, Paint(stroke=INK, width=0.35))
    return Group("inset", [paper, *plot.groups(drawn, focus), *named.groups, frame, title])
