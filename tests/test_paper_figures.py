"""Every shipped sheet of figures read back, its single maps too; and that what it says is what the documents say."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from etl import indicators
from tests.sheet_maker import ENDS, INDICATORS, Again, Made, by_gdal, digest, faults
from tests.sheet_reader import lightness, missing, needs_fonts
from webmap.paper import figures, sheet
from webmap.paper.content import Content
from webmap.paper.sheet import Figures, Sheet

pytestmark = needs_fonts


@pytest.mark.parametrize("name", INDICATORS)
def test_a_shipped_sheet_of_figures_has_no_fault(
    name: str, made: Made, shipped_content: Content, again: Callable[[str], Again], tmp_path: Path
) -> None:
    printed = made(name)
    assert faults(printed, shipped_content, by_gdal(printed.data, tmp_path)) == []
    assert again("indicators")(name) == digest(printed.data), "other bytes in another process"


@pytest.mark.parametrize("name", INDICATORS)
def test_each_map_of_a_sheet_of_figures_is_a_sheet_of_its_own_without_fault(
    name: str, made: Made, shipped_content: Content
) -> None:
    for end in ENDS:
        one = made(f"{name}-{end}")
        assert one.asked.figures is not None and len(one.asked.figures.show) == 1
        assert faults(one, shipped_content) == []


@pytest.mark.parametrize("name", INDICATORS)
def test_the_figures_that_stand_on_a_sheet_are_those_of_the_documents(
    name: str, made: Made, shipped_content: Content
) -> None:
    asked, page = made(name).asked.figures, made(name).page
    assert asked is not None
    found = [one for one in figures.read(asked, shipped_content) if one.wording]
    codes = {
        str(one.properties["key"]): one.properties["city"] for one in shipped_content.features[asked.layer]
    }
    known = {(one.area, one.indicator, one.base_value) for one in indicators.indicators()}
    aims = {(one.area, one.indicator, one.target_value) for one in indicators.indicators()}
    assert len([one for one in found if one.key]) >= 2
    for one in found:
        area = codes.get(one.key, indicators.PROVINCE)
        assert one.base is None or (area, one.wording, one.base) in known
        assert one.target is None or (area, one.wording, one.target) in aims
        numbers = [figures.number(value) for value in (one.base, one.target) if value is not None]
        assert missing(page, [one.name, one.wording, *numbers]) == []


def test_every_indicator_of_two_cities_has_a_sheet(shipped_content: Content) -> None:
    asked = [found for name in INDICATORS if (found := _figures(name, shipped_content))]
    cities: dict[tuple[str, str, str], set[int]] = {}
    for one in indicators.indicators():
        if one.area != indicators.PROVINCE:
            cities.setdefault((one.indicator, one.unit, one.kind.value), set()).add(one.area)
    shared = {key for key, areas in cities.items() if len(areas) > 1}
    assert len(shared) > 4
    for indicator, unit, kind in shared:
        assert any(indicator in one.wordings and unit in one.units and one.kind == kind for one in asked), (
            indicator
        )


def _figures(name: str, content: Content) -> Figures | None:
    one = sheet.load(name, content.catalog)
    return one.figures if isinstance(one, Sheet) else None


def test_classes_get_darker_by_steps_that_grey_keeps() -> None:
    steps = [lightness(color) for color in ("#ffffff", *figures.RAMP)]
    assert all(paler - darker > 7 for paler, darker in pairwise(steps))
