"""The placement of names: whatever comes in, nothing overlaps, nothing crosses, and it is the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from webmap.paper.display import Box
from webmap.paper.labels import Item, Placed, Variant, place
from webmap.paper.spread import apart

FRAME = Box(0, 0, 200, 140)
SIZE = 2.13
NUMBER = Variant(2.6, 2.2)

places = st.tuples(st.floats(4, 196), st.floats(4, 136))
names = st.integers(2, 18)


def item(number: int, x: float, y: float, length: int, **more: object) -> Item:
    ways = (Variant(length * SIZE, SIZE * 1.1), Variant((length + 1) // 2 * SIZE, SIZE * 2.2, 0.7))
    return Item(f"k{number:03}", x, y, 1.2, ways, number=NUMBER, **more)  # type: ignore[arg-type]


def scene(points: Sequence[tuple[float, float]], lengths: Sequence[int]) -> list[Item]:
    moved = apart(points, [1.2] * len(points), limit=50)
    return [
        item(number, x, y, length) for number, ((x, y), length) in enumerate(zip(moved, lengths, strict=True))
    ]


def placed(items: Sequence[Item], **more: object) -> dict[str, Placed]:
    symbols = [(one.x, one.y, one.radius) for one in items]
    return dict(place(items, FRAME, symbols=symbols, **more))  # type: ignore[arg-type]


scenes = st.lists(st.tuples(places, names), max_size=28).map(
    lambda rows: scene([point for point, _name in rows], [name for _point, name in rows])
)


@settings(max_examples=25, deadline=None)
@given(scenes)
def test_no_label_overlaps_a_label_or_a_symbol_and_each_lies_in_the_frame(items: list[Item]) -> None:
    found = placed(items)
    named = [one for one in found.values() if one.variant >= 0]
    assert not [pair for pair in combinations(named, 2) if pair[0].box.overlaps(pair[1].box)]
    discs = [Box(one.x - 1.2, one.y - 1.2, one.x + 1.2, one.y + 1.2) for one in items]
    assert not [one.key for one in named for disc in discs if one.box.overlaps(disc)]
    assert all(FRAME.holds(one.box) for one in named)


@settings(max_examples=25, deadline=None)
@given(scenes)
def test_no_leader_crosses_a_leader_or_a_label(items: list[Item]) -> None:
    found = placed(items)
    lines = {
        one.key: shapely.LineString([one.leader[:2], one.leader[2:]]) for one in found.values() if one.leader
    }
    assert not [pair for pair in combinations(lines.values(), 2) if pair[0].crosses(pair[1])]
    for key, line in lines.items():
        for other in found.values():
            box = shapely.box(other.box.left, other.box.top, other.box.right, other.box.bottom).buffer(-1e-6)
            assert other.key == key or not line.intersects(box)


@settings(max_examples=15, deadline=None)
@given(scenes, st.randoms(use_true_random=False))
def test_the_order_of_the_items_changes_nothing(items: list[Item], random: Random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert placed(shuffled) == placed(items)


@settings(max_examples=15, deadline=None)
@given(scenes)
def test_every_item_has_a_name_or_a_number(items: list[Item]) -> None:
    assert placed(items).keys() == {one.key for one in items}


def test_a_hundred_and_fifty_facilities_a_third_of_them_crowded_are_named_on_an_a3() -> None:
    random = Random(7)
    crowd = [(random.gauss(120, 22), random.gauss(120, 22)) for _ in range(46)]
    rest = [(random.uniform(15, 370), random.uniform(15, 240)) for _ in range(104)]
    items = scene([*crowd, *rest], [random.randint(5, 17) for _ in range(150)])
    symbols = [(one.x, one.y, one.radius) for one in items]
    found = place(items, Box(8, 8, 380, 250), symbols=symbols)
    assert len(found) == 150
    assert sum(one.variant >= 0 for one in found.values()) >= 0.95 * 150


def test_where_there_is_no_room_a_number_stands_for_the_name() -> None:
    items = [item(number, 10 + number * 3.2, 10, 14) for number in range(6)]
    found = place(items, Box(0, 0, 30, 20), symbols=[(one.x, one.y, one.radius) for one in items])
    assert found.keys() == {one.key for one in items}
    assert any(one.variant == -1 for one in found.values())


def test_a_pinned_label_stands_where_it_was_put() -> None:
    items = [item(0, 50, 50, 6, pinned=(60.0, 44.0)), item(1, 52, 48, 6)]
    assert placed(items)["k000"].box.centre == pytest.approx((60, 44))


def test_a_label_keeps_off_a_block() -> None:
    block = Box(51, 45, 90, 55)
    assert not placed([item(0, 50, 50, 6)], blocks=[block])["k000"].box.overlaps(block)


def test_an_area_has_its_name_at_the_best_of_its_spots() -> None:
    area = Item("a", 100, 70, 0, (Variant(20, 4),), spots=((100, 70, 0.0), (120, 80, 2.0)))
    assert place([area], FRAME)["a"].box.centre == pytest.approx((100, 70))
    held = place([area], FRAME, blocks=[Box(98, 68, 102, 72)])
    assert held["a"].box.centre == pytest.approx((120, 80))


@settings(max_examples=25, deadline=None)
@given(st.lists(places, max_size=40))
def test_symbols_are_moved_apart_and_no_farther_than_allowed(points: list[tuple[float, float]]) -> None:
    moved = apart(points, [1.0] * len(points), limit=30)
    for (x, y), (left, top) in zip(moved, points, strict=True):
        assert ((x - left) ** 2 + (y - top) ** 2) ** 0.5 <= 30 + 1e-6
    near = [a for a, b in combinations(moved, 2) if (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 < 1.9**2]
    assert near == []


def test_symbols_that_do_not_touch_stay_where_they_are() -> None:
    assert apart([(10, 10), (20, 10)], [1, 1]) == [
        pytest.approx((10, 10), abs=0.05),
        pytest.approx((20, 10), abs=0.05),
    ]
