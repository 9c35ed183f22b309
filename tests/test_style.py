"""The MapLibre style: every symbol of every layer, in the words of the style specification."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

import layers
from gis.layer import Layer
from gis.symbol import ByValue, Fill, Marker, Plain, Stroke
from tests.conftest import FIELDS, TRACKS, WELLS
from webmap import style

# The paint properties that the style specification has for each kind of layer, as far as they are used.
PAINT = {
    "circle": {
        "circle-color",
        "circle-radius",
        "circle-opacity",
        "circle-stroke-color",
        "circle-stroke-width",
    },
    "line": {"line-color", "line-width", "line-dasharray"},
    "fill": {"fill-color", "fill-opacity"},
}
MEMBERS = {"id", "type", "source", "source-layer", "minzoom", "maxzoom", "filter", "layout", "paint"}
SOURCE = "https://example.gov.cn/tiles/WebMercatorQuad/tilejson"


def styled(*declared: Layer, cells: dict[str, int | None] | None = None) -> dict[str, Any]:
    return style.style("test", declared, SOURCE, cells or {})


def rules(*declared: Layer, cells: dict[str, int | None] | None = None) -> dict[str, dict[str, Any]]:
    return {rule["id"]: rule for rule in styled(*declared, cells=cells)["layers"]}


def matches(condition: Any, properties: dict[str, Any]) -> bool:
    """The value of a filter, written from the specification of expressions."""
    match condition:
        case None:
            return True
        case ["==", left, right]:
            return bool(_value(left, properties) == right)
        case ["!", inner]:
            return not matches(inner, properties)
        case ["in", left, ["literal", values]]:
            return _value(left, properties) in values
    raise AssertionError(condition)


def _value(expression: Any, properties: dict[str, Any]) -> str:
    assert expression[:1] == ["to-string"] and expression[1][0] == "get"
    value = properties.get(expression[1][1])
    return "" if value is None else str(value)


def test_every_layer_that_is_shipped_has_a_style() -> None:
    declared = tuple(layers.catalog().values())
    made = styled(*declared)
    assert made["version"] == 8
    assert made["sources"] == {style.SOURCE: {"type": "vector", "url": SOURCE}}
    names = [rule["id"] for rule in made["layers"]]
    assert len(set(names)) == len(names)
    assert {rule["source-layer"] for rule in made["layers"]} == {layer.id for layer in declared}
    for rule in made["layers"]:
        assert rule.keys() <= MEMBERS
        assert rule["paint"].keys() <= PAINT[rule["type"]]
    assert json.loads(json.dumps(made, allow_nan=False)) == made


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        (
            Marker("#335577", size=6),
            {
                "circle": {
                    "circle-color": "#335577",
                    "circle-radius": 4,
                    "circle-stroke-color": "#ffffff",
                    "circle-stroke-width": 1,
                }
            },
        ),
        (Stroke("#444444", width=1.5), {"line": {"line-color": "#444444", "line-width": 2}}),
        (
            Stroke("#444444", width=2, dash=(4, 3)),
            {"line": {"line-color": "#444444", "line-width": 2.667, "line-dasharray": [2, 1.5]}},
        ),
        (
            Fill("#88aa66", opacity=0.3, outline=Stroke("#446622", width=0.75)),
            {
                "fill": {"fill-color": "#88aa66", "fill-opacity": 0.3},
                "line": {"line-color": "#446622", "line-width": 1},
            },
        ),
    ],
)
def test_symbols_are_drawn_in_pixels(symbol: Plain, expected: dict[str, Any]) -> None:
    assert dict(style.paints(symbol)) == expected


@pytest.mark.parametrize("kind", ["dug", "drilled", None])
def test_each_feature_is_drawn_once_in_the_symbol_of_its_value(kind: str | None) -> None:
    drawing = [rule for rule in rules(WELLS).values() if matches(rule.get("filter"), {"kind": kind})]
    assert [rule["paint"]["circle-color"] for rule in drawing] == ["#335577" if kind == "dug" else "#775533"]


def test_codes_that_are_numbers_are_compared_as_texts() -> None:
    by_city = ByValue("city", {"420100": Marker("#111111")}, other=Marker("#222222"))
    drawing = rules(replace(WELLS, symbol=by_city)).values()
    shown = [rule for rule in drawing if matches(rule.get("filter"), {"city": 420100})]
    assert [rule["paint"]["circle-color"] for rule in shown] == ["#111111"]


def test_layers_stand_in_the_order_in_which_they_are_drawn() -> None:
    below, above = replace(TRACKS, order=10), replace(FIELDS, order=60)
    assert [rule["source-layer"] for rule in styled(above, below)["layers"]] == ["tracks", "plots"]


def test_a_layer_that_is_not_shown_at_first_is_there_but_hidden() -> None:
    (rule,) = rules(replace(TRACKS, shown=False)).values()
    assert rule["layout"] == {"visibility": "none"}
    assert "layout" not in rules(TRACKS)["tracks-line"]


def test_cells_give_way_to_features_where_the_tiles_do() -> None:
    drawing = rules(FIELDS, cells={"plots": 6})
    assert drawing["plots-cells"]["maxzoom"] == drawing["plots-fill"]["minzoom"] == 7
    assert drawing["plots-cells"]["type"] == "circle"
    assert "plots-cells" not in rules(FIELDS)


def test_the_service_offers_the_style_of_each_tileset(client: FlaskClient) -> None:
    answer = client.get("/tiles/WebMercatorQuad/style")
    assert answer.content_type == "application/vnd.mapbox.style+json"
    source = answer.get_json(force=True)["sources"][style.SOURCE]["url"]
    assert client.get(source).get_json()["tilejson"] == "3.0.0"
    one = client.get("/collections/plots/tiles/WebMercatorQuad/style").get_json(force=True)
    assert {rule["source-layer"] for rule in one["layers"]} == {"plots"}
