"""The display list: what stands on a page, in millimetres from its upper left corner, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

import shapely
from shapely.geometry.base import BaseGeometry

from webmap.paper import glyphs

MM = 25.4 / 72  # millimetres in a point


@dataclass(frozen=True)
class Box:
    """A rectangle on the page; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def grown(self, by: float) -> Box:
        """The box with every side moved outwards."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, x: float, y: float) -> Box:
        """The box elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def overlaps(self, other: Box) -> bool:
        """Whether the insides of both have a point in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies in this one."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def around(self, x: float, y: float) -> bool:
        """Whether a point lies in the box."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True)
class Paint:
    """How a shape is filled and outlined; `width` and `dash` are millimetres."""

    fill: str | None = None
    opacity: float = 1
    stroke: str | None = None
    width: float = 0.2
    dash: tuple[float, ...] = ()
    stroke_opacity: float = 1


@dataclass(frozen=True)
class Shape:
    """Lines or areas in page millimetres."""

    geometry: BaseGeometry
    paint: Paint


@dataclass(frozen=True)
class Circle:
    """A circle around a point."""

    x: float
    y: float
    radius: float
    paint: Paint


@dataclass(frozen=True)
class Text:
    """One line of text whose baseline starts, is centred or ends at a point. `size` is the em in millimetres.

    `halo` is the width of the white rim around the characters, `turn` degrees clockwise about the point,
    `spacing` what is put between characters.
    """

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    color: str = "#222222"
    anchor: str = "start"
    halo: float = 0
    turn: float = 0
    spacing: float = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", glyphs.clean(self.text))

    @property
    def width(self) -> float:
        """The sum of the advances."""
        gaps = self.spacing * max(len(self.text) - 1, 0)
        return glyphs.width(self.text, bold=self.bold) * self.size + gaps

    @property
    def box(self) -> Box:
        """The em boxes of the characters of a text that is not turned."""
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return Box(
            left, self.y - glyphs.ASCENT * self.size, left + self.width, self.y + glyphs.DESCENT * self.size
        )


Item: TypeAlias = "Shape | Circle | Text | Group"


@dataclass(frozen=True)
class Group:
    """Items that belong together, under a name; what lies outside `clip` is not drawn."""

    name: str
    items: tuple[Item, ...]
    clip: Box | None = None

    def __init__(self, name: str, items: Iterable[Item], clip: Box | None = None) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "items", tuple(items))
        object.__setattr__(self, "clip", clip)


@dataclass(frozen=True)
class Reference:
    """Where a map on the page lies: its frame, its CRS as WKT, and the corners of the frame.

    `corners` are longitude and latitude, from the lower left one clockwise; `epsg` is None for a CRS without a number.
    """

    frame: Box
    wkt: str
    epsg: int | None
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Page:
    """A finished page: its size, what is on it, what a reader of the file is told about it and its maps."""

    width: float
    height: float
    title: str
    groups: tuple[Group, ...]
    language: str = "zh"
    references: tuple[Reference, ...] = ()


def texts(items: Iterable[Item]) -> Iterator[Text]:
    """Every text among items, also in their groups."""
    for item in items:
        if isinstance(item, Text):
            yield item
        elif isinstance(item, Group):
            yield from texts(item.items)


def moved(group: Group, x: float, y: float) -> Group:
    """A group elsewhere on the page."""
    return Group(
        group.name, [_moved(item, x, y) for item in group.items], group.clip and group.clip.moved(x, y)
    )


def _moved(item: Item, x: float, y: float) -> Item:
    match item:
        case Shape(geometry):
            return replace(item, geometry=shapely.transform(geometry, lambda xy: xy + (x, y)))
        case Group():
            return moved(item, x, y)
        case Circle() | Text():
            return replace(item, x=item.x + x, y=item.y + y)
        case _:
            assert_never(item)
