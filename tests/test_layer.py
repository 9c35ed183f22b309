"""A declaration is checked when it is made, and everything is read off it."""

from __future__ import annotations

import pytest

import layers
from gis.errors import BadDeclaration, NotFound
from gis.layer import COMMON, Catalog, Field, Geometry, Layer, Type, Value
from gis.symbol import ByValue, Fill, Marker, Stroke, plain_symbols, symbol_for
from tests.conftest import WELLS


def declared(**changes: object) -> Layer:
    base: dict[str, object] = {
        "id": "ponds",
        "title": "池塘",
        "geometry": Geometry.POINT,
        "symbol": Marker("#123456"),
    }
    return Layer(**{**base, **changes})  # type: ignore[arg-type]


CONTRADICTIONS = {
    "id": {"id": "Ponds!"},
    "title": {"title": ""},
    "geometry": {"geometry": "Circle"},
    "theme": {"theme": "nowhere"},
    "popup": {"popup": ("depth",)},
    "columns": {"columns": {"depth": "深度"}},
    "symbol": {"symbol": Stroke("#123456")},
    "symbol.field": {"symbol": ByValue("depth", {}, Marker("#123456"))},
    "symbol.cases": {"symbol": ByValue("level", {"galactic": Marker("#123456")}, Marker("#123456"))},
    "fields.name": {"fields": (Field("name", Type.TEXT, "名称"),)},
    "fields.limit": {"fields": (Field("limit", Type.TEXT, "上限"),)},
    "fields.a b": {"fields": (Field("a b", Type.TEXT, "空格"),)},
    "fields.deep": {"fields": (Field("deep", Type.TEXT, "深"), Field("deep", Type.NUMBER, "深"))},
    "fields.deep.values": {"fields": (Field("deep", Type.NUMBER, "深", values=(Value("a", "甲"),)),)},
    "kinds": {"kinds": (Value("a", "甲"), Value("a", "乙"))},
}


@pytest.mark.parametrize("key", CONTRADICTIONS)
def test_a_contradiction_names_the_layer_and_the_key(key: str) -> None:
    with pytest.raises(BadDeclaration) as caught:
        declared(**CONTRADICTIONS[key])
    assert caught.value.key == key
    assert caught.value.where == str(CONTRADICTIONS[key].get("id", "ponds"))


FIGURES = (
    Field("indicator", Type.TEXT, "指标"),
    Field("base_value", Type.NUMBER, "现状值"),
    Field("target_value", Type.NUMBER, "目标值"),
)


def test_a_layer_of_figures_says_what_they_were_and_are_to_be() -> None:
    assert declared(figures=True, fields=FIGURES).figures
    assert not declared(fields=FIGURES).figures
    for wrong in (
        {"fields": FIGURES[:2]},
        {"fields": (*FIGURES[:2], Field("target_value", Type.TEXT, "目标值"))},
        {"fields": FIGURES, "geometry": Geometry.LINE, "symbol": Stroke("#123456")},
    ):
        with pytest.raises(BadDeclaration) as caught:
            declared(figures=True, **wrong)
        assert caught.value.key == "figures"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Marker("red"),
        lambda: Marker("#123456", size=0),
        lambda: Stroke("#123456", width=99),
        lambda: Fill("#123456", opacity=2),
        lambda: Marker("#123456", shape="blob"),
    ],
)
def test_an_impossible_symbol_is_refused(broken: object) -> None:
    with pytest.raises(ValueError):
        broken()  # type: ignore[operator]


def test_a_layer_can_be_hashed_compared_and_printed() -> None:
    assert hash(declared()) == hash(declared())
    assert declared() == declared()
    assert declared() != declared(title="别的")
    assert "池塘" in repr(declared())


def test_the_fingerprint_follows_the_stored_form_and_not_the_looks() -> None:
    assert declared(symbol=Marker("#654321")).fingerprint == declared().fingerprint
    assert declared(fields=(Field("deep", Type.NUMBER, "深"),)).fingerprint != declared().fingerprint


def test_every_layer_has_the_common_fields_first() -> None:
    names = [field.name for field in WELLS.all_fields]
    assert names[: len(COMMON)] == [field.name for field in COMMON]
    assert names[len(COMMON) :] == ["depth", "drilled_on", "in_use", "visits"]
    assert WELLS.field("kind").value_title("dug") == "人工井"
    assert WELLS.field("city").value_title(420100, "en") == "Wuhan"
    with pytest.raises(NotFound):
        WELLS.field("colour")


def test_a_symbol_by_value_chooses_by_the_property() -> None:
    assert symbol_for(WELLS.symbol, {"kind": "dug"}) == Marker("#335577", size=6)
    assert symbol_for(WELLS.symbol, {"kind": None}) == WELLS.symbol.other  # type: ignore[union-attr]
    assert len(list(plain_symbols(WELLS.symbol))) == 2


def test_a_catalog_has_each_id_once_and_knows_what_it_has_not() -> None:
    with pytest.raises(BadDeclaration, match="ponds"):
        Catalog([declared(), declared()])
    with pytest.raises(NotFound, match="known are ponds"):
        Catalog([declared()])["lakes"]


def test_the_shipped_layers_are_found_by_being_there() -> None:
    shipped = layers.catalog()
    wanted = (
        "cities districts rivers core axis belts clusters laboratories science_facilities innovation_centres "
        "research_institutes universities incubators parks zones science_cities computing_centres "
        "service_platforms industry_bases hospitals transport_hubs firms"
    )
    assert set(wanted.split()) <= set(shipped)
    for layer in shipped.values():
        assert layer.title and layer.title_en and layer.description


def test_dropping_in_a_file_adds_a_layer(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "extra"  # type: ignore[operator]
    folder.mkdir()
    (folder / "ponds.py").write_text(
        "from gis.layer import Geometry, Layer\nfrom gis.symbol import Marker\n"
        'LAYER = Layer(id="ponds", title="池塘", geometry=Geometry.POINT, symbol=Marker("#123456"))\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(layers, "__path__", [*layers.__path__, str(folder)])
    assert "ponds" in layers.catalog()
