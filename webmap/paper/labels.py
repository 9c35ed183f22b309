"""Where names stand: boxes in, boxes out. Pure, the same each time, whatever the order of what comes in.

A label never overlaps a label, a symbol or a block, its leader never crosses a label or a leader. First each
item takes the cheapest free place; then one that found none pushes one or two others aside if these
find a place elsewhere; at last what is left is given its number, which needs little room. Lengths are
millimetres of the page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from webmap.paper.display import Box

Numbers: TypeAlias = npt.NDArray[np.float64]
Truths: TypeAlias = npt.NDArray[np.bool_]

_GAP = 0.35  # between a symbol and its label
_RINGS = (1.8, 3.0, 4.5, 6.5, 9.0, 12.0, 15.5, 19.5, 24.0)
_DIRECTIONS = tuple((math.cos(at * math.pi / 10), math.sin(at * math.pi / 10)) for at in range(20))
_LEADER = 1.1  # from this distance on a label has a leader
_CANDIDATES = 130
_SWEEPS = 4
_OVER_SYMBOL = 7.5
_NEAR_SYMBOL = 1.5
_CROWD = 8  # how many sets of other labels one may try to push aside
_GENTLE, _HARD = 2, 3  # how many at once, and how far these may push on
_HOPELESS = 0.2  # the share from which on it is no use
_FEW = 400  # labels of which it is kept which keep each other away: with more that would take too much memory

# The eight touching positions: shares of the box to the right and below the anchor, and their cost.
_TOUCHING = (
    (1, 0, 0.0),
    (-1, 0, 0.6),
    (0, -1, 0.8),
    (0, 1, 1.0),
    (1, -1, 0.4),
    (1, 1, 0.5),
    (-1, -1, 1.1),
    (-1, 1, 1.2),
)
# The same as the places on rings: direction, side of the box, share of the radius, ring, cost.
_BESIDE = np.array(
    [(x, y, x, y, 0.75 if x and y else 1.0, 0.0, cost) for x, y, cost in _TOUCHING], dtype=np.float64
)
_BESIDE_SPOTS = 30.0  # what it costs the name of an area to stand elsewhere than at its spots


@dataclass(frozen=True)
class Variant:
    """One way to set a name: its size and what it costs beside the best way."""

    width: float
    height: float
    cost: float = 0


@dataclass(frozen=True)
class Item:
    """Something with a name: its symbol's centre and radius, the ways to set its name, how much it matters.

    `spots` are places for the middle of the name of an area, each with its cost; `number` is the size of
    the number that can stand for the name; `pinned` is where a person has put the label's centre.
    """

    key: str
    x: float
    y: float
    radius: float
    variants: tuple[Variant, ...]
    rank: float = 0
    spots: tuple[tuple[float, float, float], ...] = ()
    number: Variant | None = None
    pinned: tuple[float, float] | None = None
    reach: float = 24


@dataclass(frozen=True)
class Placed:
    """A label: which variant (-1 is the number), its box, and its leader from the symbol's rim when it has one."""

    key: str
    variant: int
    box: Box
    leader: tuple[float, float, float, float] | None = None


def place(
    items: Sequence[Item],
    frame: Box,
    *,
    blocks: Sequence[Box] = (),
    symbols: Sequence[tuple[float, float, float]] = (),
) -> Mapping[str, Placed]:
    """A place for each item that has one, by its key; with a number to fall back on, every item has one.

    `blocks` are not covered by anything, `symbols` (centre and radius) by no label.
    """
    ordered = sorted(items, key=lambda item: (-item.rank, item.key))
    table = _Table(ordered, frame, _boxes(blocks), _symbol_boxes(symbols), np.array(symbols).reshape(-1, 3))
    best = _best(table)
    _improve(table, best)
    _number_the_rest(table, best)
    return {table.items[at].key: table.placed(at, candidate) for at, candidate in sorted(best.chosen.items())}


@dataclass(frozen=True)
class _Candidates:
    """The places of one item: boxes, costs, leaders (nan for none) and variants, the cheapest first."""

    boxes: Numbers
    costs: Numbers
    leaders: Numbers
    variants: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.costs)

    def only(self, wanted: npt.NDArray[np.int64] | Truths) -> _Candidates:
        return _Candidates(
            self.boxes[wanted], self.costs[wanted], self.leaders[wanted], self.variants[wanted]
        )


class _Table:
    """The items with their candidates, which depend on nothing that is being placed."""

    def __init__(
        self, items: Sequence[Item], frame: Box, blocks: Numbers, symbols: Numbers, discs: Numbers
    ) -> None:
        self.items, self.frame, self.blocks, self.symbols, self.discs = (
            tuple(items),
            frame,
            blocks,
            symbols,
            discs,
        )
        self.candidates = [self._of(item) for item in self.items]
        self.starts = np.cumsum([0, *(len(found) for found in self.candidates)])
        self._every = _concatenated(self.candidates)
        self._hulls = _hulls(self._every)
        self._hits: dict[tuple[int, bool, int], npt.NDArray[np.int32]] = {}
        self._numbers: dict[int, _Candidates] = {}

    def numbers(self, at: int) -> _Candidates:
        """The candidates of an item's number; the last is on the symbol itself."""
        if at not in self._numbers:
            self._numbers[at] = self._numbers_of(self.items[at])
        return self._numbers[at]

    def hits(self, at: int, as_number: bool, number: int) -> npt.NDArray[np.int32]:
        """The candidates of other items, by their places among the candidates of all, with which a candidate of an item
        conflicts."""
        key = (at, as_number, number)
        if key not in self._hits:
            one = self.of(at, as_number).only(np.array([number]))
            near = np.flatnonzero(_overlap(self._hulls, _hulls(one))[:, 0])
            near = near[(near < self.starts[at]) | (near >= self.starts[at + 1])]
            clash = _clash(self._every.only(near), one.boxes, one.leaders)[:, 0]
            self._hits[key] = near[clash].astype(np.int32)
        return self._hits[key]

    def _of(self, item: Item) -> _Candidates:
        if item.pinned is not None:
            found = _candidates(item, _pinned(item))
        else:
            found = self._free(item, _candidates(item, _all_places(item)))
        return self._cheapest(found)

    def _numbers_of(self, item: Item) -> _Candidates:
        assert item.number is not None
        places = _places(item, (item.number,))
        places[:, 5] = -1
        found = self._cheapest(self._free(item, _candidates(item, places)))
        on_symbol = np.array([(item.x, item.y, item.number.width, item.number.height, 50.0, -1)])
        return _joined(found, _candidates(item, on_symbol))

    def _cheapest(self, found: _Candidates) -> _Candidates:
        order = np.argsort(found.costs, kind="stable")[:_CANDIDATES]
        return found.only(order)

    def _free(self, item: Item, found: _Candidates) -> _Candidates:
        """Those in the frame and off the blocks and symbols; dearer when the leader passes over symbols."""
        f = self.frame
        b = found.boxes
        inside = (b[:, 0] >= f.left) & (b[:, 1] >= f.top) & (b[:, 2] <= f.right) & (b[:, 3] <= f.bottom)
        found = found.only(inside)
        blocks, symbols = _near(self.blocks, found), _near(self.symbols, found)
        found = found.only(~_any(_overlap(found.boxes, blocks)))
        found = found.only(~_any(_overlap(found.boxes, symbols)))
        found = found.only(np.argsort(found.costs, kind="stable")[: 2 * _CANDIDATES])
        found = found.only(~_any(_cross_boxes(found.leaders, blocks)))
        near = _overlap(_grown(found.boxes, 0.5), symbols).sum(axis=1)
        own = (np.abs(symbols - _symbol_box(item)) < 1e-9).all(axis=1)
        over = _cross_boxes(found.leaders, symbols[~own]).sum(axis=1)
        costs = found.costs + _OVER_SYMBOL * over + _NEAR_SYMBOL * np.maximum(near - 1, 0)
        return _Candidates(found.boxes, costs, found.leaders, found.variants)

    def placed(self, at: int, candidate: tuple[bool, int]) -> Placed:
        found, number = self.of(at, candidate[0]), candidate[1]
        leader = found.leaders[number]
        box = Box(*found.boxes[number].tolist())
        x1, y1, x2, y2 = leader.tolist()
        drawn = None if math.isnan(x1) else (x1, y1, x2, y2)
        return Placed(self.items[at].key, int(found.variants[number]), box, drawn)

    def of(self, at: int, as_number: bool) -> _Candidates:
        return self.numbers(at) if as_number else self.candidates[at]


class _State:
    """What stands where: for each item that is placed its candidate, and whether that is a number."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.chosen: dict[int, tuple[bool, int]] = {}
        count = len(table.items)
        self.boxes = np.full((count, 4), np.nan)
        self.leaders = np.full((count, 4), np.nan)
        self.cost = np.zeros(count)
        self._crowd = np.zeros(int(table.starts[-1]), dtype=np.int64)
        rows = int(table.starts[-1]) if count <= _FEW else 0
        self._blocked = np.zeros((count, rows), dtype=np.bool_)

    def put(self, at: int, number: int, as_number: bool = False) -> None:
        found = self.table.of(at, as_number)
        self.chosen[at] = (as_number, number)
        self.boxes[at], self.leaders[at] = found.boxes[number], found.leaders[number]
        self.cost[at] = found.costs[number]
        hits = self.table.hits(at, as_number, number)
        self._crowd[hits] += 1
        if self._blocked.size:
            self._blocked[at, hits] = True

    def take(self, at: int) -> None:
        hits = self.table.hits(at, *self.chosen[at])
        self._crowd[hits] -= 1
        if self._blocked.size:
            self._blocked[at, hits] = False
        del self.chosen[at]
        self.boxes[at], self.leaders[at], self.cost[at] = np.nan, np.nan, 0

    def crowd(self, at: int, as_number: bool) -> npt.NDArray[np.int64]:
        """With how many of the placed items each candidate of an item conflicts."""
        if not as_number:
            return self._crowd[self.table.starts[at] : self.table.starts[at + 1]]
        return np.asarray(_clash(self.table.of(at, True), *self._others(at)).sum(axis=1))

    def pushed(self, at: int, number: int, as_number: bool) -> tuple[int, ...]:
        """The placed items with which a candidate of an item conflicts."""
        if as_number or not self._blocked.size:
            one = self.table.of(at, as_number).only(np.array([number]))
            return tuple(np.flatnonzero(_clash(one, *self._others(at))[0]).tolist())
        return tuple(np.flatnonzero(self._blocked[:, self.table.starts[at] + number]).tolist())

    def finds(self, one: int, pushed: tuple[int, ...], hits: npt.NDArray[np.int32]) -> bool:
        """Whether one of the pushed items has a place elsewhere when all of them are gone and a candidate with those
        hits stands."""
        if not self._blocked.size or self.chosen[one][0]:
            return True
        low, high = int(self.table.starts[one]), int(self.table.starts[one + 1])
        free = self._crowd[low:high] == self._blocked[list(pushed), low:high].sum(axis=0)
        free[hits[(hits >= low) & (hits < high)] - low] = False
        return bool(free.any())

    def _others(self, at: int) -> tuple[Numbers, Numbers]:
        """The boxes and leaders of the placed items, nan for those that are not placed and for the item itself."""
        boxes, leaders = self.boxes.copy(), self.leaders.copy()
        boxes[at] = leaders[at] = np.nan
        return boxes, leaders

    def restore(self, before: Mapping[int, tuple[bool, int]]) -> None:
        """Make everything stand where it stood."""
        for one, _candidate in self.chosen.items() - before.items():
            self.take(one)
        for one in before.keys() - self.chosen.keys():
            self.put(one, before[one][1], before[one][0])

    def left(self) -> list[int]:
        return [at for at in range(len(self.table.items)) if at not in self.chosen]


def _best(table: _Table) -> _State:
    """Every name placed that finds room; where some are left over, the better of this and of pushing harder."""
    gentle = _attempt(table, _GENTLE)
    left = len(gentle.left()) / max(len(table.items), 1)
    if not 0 < left < _HOPELESS or len(table.items) > _FEW:
        return gentle
    return min(gentle, _attempt(table, _HARD), key=_badness)


def _clash(found: _Candidates, boxes: Numbers, leaders: Numbers) -> Truths:
    """Whether each candidate conflicts with each label that stands: boxes and leaders of both."""
    clash = _overlap(found.boxes, boxes)
    clash |= _cross_boxes(found.leaders, boxes)
    clash |= _cross_boxes(leaders, found.boxes).T
    return clash | _cross(found.leaders, leaders)


def _badness(state: _State) -> tuple[int, float]:
    return len(state.left()), float(state.cost.sum())


def _attempt(table: _Table, most: int) -> _State:
    state = _State(table)
    order = sorted(range(len(table.items)), key=lambda at: (-table.items[at].rank, len(table.candidates[at])))
    for at in sorted(order, key=lambda at: table.items[at].pinned is None):
        _insert(state, at)
    for _round in range(2):
        for at in state.left():
            _push(state, at, most, most)
    return state


def _insert(state: _State, at: int, as_number: bool = False) -> bool:
    found = state.table.of(at, as_number)
    if not len(found):
        return False
    free = np.flatnonzero(state.crowd(at, as_number) == 0)
    if len(free):
        state.put(at, int(free[0]), as_number)
    return bool(len(free))


def _push(state: _State, at: int, depth: int, most: int, as_number: bool = False) -> bool:
    """Place an item where others stand, at most so many at once, if these find places elsewhere."""
    if _insert(state, at, as_number):
        return True
    found = state.table.of(at, as_number)
    if depth == 0 or not len(found):
        return False
    crowd = state.crowd(at, as_number).copy()
    tried: set[tuple[int, ...]] = set()
    for number in np.lexsort((found.costs, crowd)):
        if crowd[number] > most or len(tried) >= _CROWD:
            return False
        pushed = state.pushed(at, int(number), as_number)
        if pushed in tried or any(state.table.items[one].pinned for one in pushed):
            continue
        tried.add(pushed)
        if _exchange(state, at, int(number), pushed, (depth, most), as_number):
            return True
    return False


def _exchange(
    state: _State, at: int, number: int, pushed: tuple[int, ...], reach: tuple[int, int], as_number: bool
) -> bool:
    before, (depth, most) = dict(state.chosen), reach
    if depth == 1:  # those that are pushed may push nobody: most attempts end here, before anything is moved
        hits = state.table.hits(at, as_number, number)
        if not all(state.finds(one, pushed, hits) for one in pushed):
            return False
    for one in pushed:
        state.take(one)
    state.put(at, number, as_number)
    if all(_push(state, one, depth - 1, most, before[one][0]) for one in pushed):
        return True
    state.restore(before)
    return False


def _improve(table: _Table, state: _State) -> None:
    """Let every label move to a cheaper free place, until none does."""
    for _sweep in range(_SWEEPS):
        moved = False
        for at in sorted(state.chosen):
            as_number, number = state.chosen[at]
            if table.items[at].pinned is not None:
                continue
            state.take(at)
            _insert(state, at, as_number)
            moved |= state.chosen[at] != (as_number, number)
        if not moved:
            return


def _number_the_rest(table: _Table, state: _State) -> None:
    for at in state.left():
        if table.items[at].number is None or _push(state, at, 1, _GENTLE, as_number=True):
            continue
        state.put(at, len(table.numbers(at)) - 1, as_number=True)
        _clear(state, at)


def _clear(state: _State, at: int) -> None:
    """Turn the labels that a number on its symbol conflicts with into numbers, too."""
    for one in state.pushed(at, len(state.table.numbers(at)) - 1, True):
        state.take(one)
        if (
            _insert(state, one)
            or state.table.items[one].number is None
            or _insert(state, one, as_number=True)
        ):
            continue
        state.put(one, len(state.table.numbers(one)) - 1, as_number=True)


# --- the places that an item can have ----------------------------------------------------------


def _all_places(item: Item) -> Numbers:
    """Centre, size, cost and variant of each place of a name: at the spots first, then around the symbol."""
    spots = [
        (x, y, variant.width, variant.height, cost + variant.cost, number)
        for x, y, cost in item.spots
        for number, variant in enumerate(item.variants)
    ]
    around = _places(item, item.variants)
    around[:, 4] += _BESIDE_SPOTS if item.spots else 0
    return np.vstack([np.array(spots).reshape(-1, 6), around])


def _places(item: Item, variants: Sequence[Variant]) -> Numbers:
    """Centre, size, cost and variant of each place around the symbol: touching it, then on rings."""
    around = _rings(item.reach)
    if not item.spots:
        around = np.vstack([_BESIDE, around])
    return np.vstack(
        [np.zeros((0, 6)), *(_around(item, around, variant, at) for at, variant in enumerate(variants))]
    )


def _around(item: Item, around: Numbers, variant: Variant, number: int) -> Numbers:
    """The places of one variant, from shares of the box and of the way from the symbol's middle."""
    across, down, sideways, upwards, rim, ring, cost = around.T
    away = (item.radius + _GAP * (ring == 0)) * rim + ring
    x = item.x + across * away + sideways * variant.width / 2
    y = item.y + down * away + upwards * variant.height / 2
    every = np.ones(len(around))
    return np.column_stack(
        [x, y, variant.width * every, variant.height * every, cost + variant.cost, number * every]
    )


@cache
def _rings(reach: float) -> Numbers:
    """The places on the rings of that reach: direction, side of the box, share of the radius, ring, cost."""
    return np.array(
        [
            (cos, sin, _side(cos), _side(sin), 1.0, ring, 1.5 + 0.55 * ring + 0.3 * (cos < 0))
            for ring in _RINGS
            if ring <= reach
            for cos, sin in _DIRECTIONS
        ]
    ).reshape(-1, 7)


def _side(share: float) -> float:
    return 0.0 if abs(share) < 0.25 else math.copysign(1.0, share)


def _pinned(item: Item) -> Numbers:
    assert item.pinned is not None
    variant = item.variants[0]
    return np.array([(*item.pinned, variant.width, variant.height, 0.0, 0)])


def _candidates(item: Item, places: Numbers) -> _Candidates:
    x, y, w, h = places[:, 0], places[:, 1], places[:, 2], places[:, 3]
    boxes = np.column_stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return _Candidates(boxes, places[:, 4], _leaders(item, boxes), places[:, 5].astype(np.int64))


def _leaders(item: Item, boxes: Numbers) -> Numbers:
    """From the rim of the symbol to the nearest point of each box; nan where the box is near or around it."""
    ends = np.column_stack(
        [np.clip(item.x, boxes[:, 0], boxes[:, 2]), np.clip(item.y, boxes[:, 1], boxes[:, 3])]
    )
    away = ends - (item.x, item.y)
    distance = np.hypot(away[:, 0], away[:, 1])
    near = distance - item.radius < _LEADER
    with np.errstate(divide="ignore", invalid="ignore"):
        start = (item.x, item.y) + away / distance[:, None] * item.radius
        end = ends - away / distance[:, None] * 0.1
    leaders = np.column_stack([start, end])
    leaders[near] = np.nan
    if item.spots:
        leaders[: len(item.spots) * len(item.variants)] = np.nan  # the places at the spots come first
    return leaders


def _concatenated(found: Sequence[_Candidates]) -> _Candidates:
    """The candidates of all items, one after the other."""
    empty = _Candidates(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 4)), np.zeros(0, dtype=np.int64))
    every = [empty, *found]
    return _Candidates(
        np.concatenate([one.boxes for one in every]),
        np.concatenate([one.costs for one in every]),
        np.concatenate([one.leaders for one in every]),
        np.concatenate([one.variants for one in every]),
    )


def _hulls(found: _Candidates) -> Numbers:
    """The boxes around each candidate's box and leader."""
    b, ends = found.boxes, found.leaders
    low = np.fmin(np.fmin(b[:, :2], ends[:, :2]), ends[:, 2:])
    high = np.fmax(np.fmax(b[:, 2:], ends[:, :2]), ends[:, 2:])
    return np.column_stack([low, high])


def _near(boxes: Numbers, found: _Candidates) -> Numbers:
    """The boxes that any of the candidates or their leaders may touch."""
    hulls = _hulls(found)
    if not len(hulls):
        return boxes[:0]
    around = np.concatenate([hulls[:, :2].min(axis=0), hulls[:, 2:].max(axis=0)])[None]
    return boxes[_overlap(boxes, _grown(around, 1))[:, 0]]


def _joined(first: _Candidates, second: _Candidates) -> _Candidates:
    return _Candidates(
        np.concatenate([first.boxes, second.boxes]),
        np.concatenate([first.costs, second.costs]),
        np.concatenate([first.leaders, second.leaders]),
        np.concatenate([first.variants, second.variants]),
    )


# --- geometry, many against many ----------------------------------------------------------------


def _boxes(boxes: Sequence[Box]) -> Numbers:
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], dtype=np.float64).reshape(-1, 4)


def _symbol_boxes(symbols: Sequence[tuple[float, float, float]]) -> Numbers:
    return np.array([(x - r, y - r, x + r, y + r) for x, y, r in symbols], dtype=np.float64).reshape(-1, 4)


def _symbol_box(item: Item) -> Numbers:
    r = item.radius
    return np.array([item.x - r, item.y - r, item.x + r, item.y + r])


def _grown(boxes: Numbers, by: float) -> Numbers:
    return np.asarray(boxes + np.array([-by, -by, by, by]), dtype=np.float64)


def _overlap(a: Numbers, b: Numbers) -> Truths:
    """Whether each of the boxes a overlaps each of the boxes b."""
    return np.asarray(
        (a[:, None, 0] < b[None, :, 2])
        & (b[None, :, 0] < a[:, None, 2])
        & (a[:, None, 1] < b[None, :, 3])
        & (b[None, :, 1] < a[:, None, 3])
    )


def _any(table: Truths) -> Truths:
    """Whether any of each row is true."""
    return np.asarray(table.any(axis=1))


def _cross_boxes(lines: Numbers, boxes: Numbers) -> Truths:
    """Whether each line passes through each box (Liang and Barsky's clipping); nan lines pass through none."""
    result = np.zeros((len(lines), len(boxes)), dtype=np.bool_)
    real = np.flatnonzero(~np.isnan(lines[:, 0]))
    if not len(real) or not len(boxes):
        return result
    some = lines[real]
    delta = some[:, 2:] - some[:, :2]
    delta = np.where(np.abs(delta) < 1e-12, 1e-12, delta)
    low = (boxes[None, :, :2] - some[:, None, :2]) / delta[:, None, :]
    high = (boxes[None, :, 2:] - some[:, None, :2]) / delta[:, None, :]
    enter = np.minimum(low, high).max(axis=2)
    leave = np.maximum(low, high).min(axis=2)
    result[real] = (enter < leave) & (leave > 0) & (enter < 1)
    return result


def _cross(a: Numbers, b: Numbers) -> Truths:
    """Whether each of the lines a crosses each of the lines b; nan lines cross none."""
    result = np.zeros((len(a), len(b)), dtype=np.bool_)
    first, second = np.flatnonzero(~np.isnan(a[:, 0])), np.flatnonzero(~np.isnan(b[:, 0]))
    if not len(first) or not len(second):
        return result
    p, q = a[first][:, None, :], b[second][None, :, :]
    apart = (_turn(p, q[..., :2]) * _turn(p, q[..., 2:]) < 0) & (
        _turn(q, p[..., :2]) * _turn(q, p[..., 2:]) < 0
    )
    result[np.ix_(first, second)] = apart
    return result


def _turn(line: Numbers, point: Numbers) -> Numbers:
    along_x, along_y = line[..., 2] - line[..., 0], line[..., 3] - line[..., 1]
    return np.asarray(along_x * (point[..., 1] - line[..., 1]) - along_y * (point[..., 0] - line[..., 0]))
