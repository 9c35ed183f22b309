"""The legend says what each symbol means, and nothing that cannot occur."""

from __future__ import annotations

import pytest

from gis.layer import Field, Geometry, Layer, Type, Value
from gis.symbol import ByValue, Marker, plain_symbols
from layers import shipped
from tests.conftest import TRACKS, WELLS
from webmap.legend import Entry, entries

RED, GREEN, GREY = Marker("#aa0000"), Marker("#00aa00"), Marker("#999999")


def layer(values: tuple[Value, ...], *cases: str) -> Layer:
    field = Field("grade", Type.TEXT, "等级", values=values)
    symbol = ByValue("grade", dict(zip(cases, (RED, GREEN), strict=False)), other=GREY)
    return Layer(id="things", title="东西", geometry=Geometry.POINT, fields=(field,), symbol=symbol)


GRADES = tuple(
    Value(code, title, code) for code, title in (("a", "甲"), ("b", "乙"), ("c", "丙"), ("d", "丁"))
)


def test_a_plain_symbol_has_one_line_with_the_title_of_the_layer() -> None:
    assert [entry.title for entry in entries(TRACKS)] == [TRACKS.title]


def test_a_symbol_by_value_has_a_line_for_each_case_with_the_title_of_the_value() -> None:
    first = entries(WELLS)[0]
    assert (first.title, first.title_en, first.code, first.symbol) == (
        "人工井",
        "dug",
        "dug",
        Marker("#335577"),
    )


def test_values_without_a_case_are_named_while_they_are_few() -> None:
    assert entries(layer(GRADES[:2], "a"))[-1] == Entry("乙", "b", GREY)
    assert entries(layer(GRADES[:3], "a"))[-1] == Entry("乙、丙", "b, c", GREY)
    assert entries(layer(GRADES, "a"))[-1] == Entry("其他", "Other", GREY)


def test_there_is_no_line_for_what_cannot_occur() -> None:
    assert [entry.title for entry in entries(layer(GRADES[:2], "a", "b"))] == ["甲", "乙"]


def test_a_field_without_codes_can_have_any_other_value() -> None:
    found = entries(layer((), "a"))
    assert [entry.heading("en") for entry in found] == ["a", "Other"]


@pytest.mark.parametrize("shown", shipped(), ids=lambda shown: shown.id)
def test_every_symbol_that_a_shipped_layer_draws_is_explained(shown: Layer) -> None:
    explained = {entry.symbol for entry in entries(shown)}
    assert explained <= set(plain_symbols(shown.symbol))
    assert all(entry.title and entry.heading("en") for entry in entries(shown))
