"""Layers declared in TOML: the same layers come back, and what is wrong is named by file and key."""

from __future__ import annotations

import dataclasses
import string
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gis.declare
import layers
from gis.declare import RECORDS, dump, layer_of, load, parse
from gis.errors import BadDeclaration
from gis.layer import COMMON_NAMES, RESERVED, Field, Geometry, Layer, Recognise, Theme, Type, Value
from gis.symbol import ByValue, Fill, Marker, Shape, Stroke

HOSTILE = (
    '"quoted" \\ \'\'\'""" \n\r\n\t\0\x7f\x85\u200f\u202e\u2028\ufeff = [x] # {no} 汉字 \U0001f5fa \U000e0041'
)

PARK = """
id = "parks_here"
title = "园区"
geometry = "Point"
symbol.marker.color = "#aa0000"
"""


def park(folder: Path, text: str = PARK, name: str = "park.toml") -> Path:
    """A declaration with its data beside it."""
    (folder / name).with_suffix(".gpkg").touch()
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(text: str) -> BadDeclaration:
    """What is said of a declaration."""
    with pytest.raises(BadDeclaration) as caught:
        layer_of(text, "park.toml")
    assert caught.value.where == "park.toml"
    assert "\n" not in str(caught.value)
    return caught.value


# --- round trips ------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", layers.shipped(), ids=lambda layer: layer.id)
def test_every_shipped_layer_comes_back_from_its_file(layer: Layer, tmp_path: Path) -> None:
    file = park(tmp_path, dump(layer, data="park.gpkg", data_layer='a "layer"'))
    declared = parse(file)
    assert declared.layer == layer
    assert declared.layer.fingerprint == layer.fingerprint
    assert (declared.file, declared.data, declared.data_layer) == (
        file,
        tmp_path / "park.gpkg",
        'a "layer"',
    )


_ids = st.from_regex(r"[a-z][a-z0-9_]{0,47}", fullmatch=True)
_texts = st.one_of(st.text(max_size=20), st.just(HOSTILE))
_titles = _texts.filter(bool)
_tuples = st.lists(_texts, max_size=3).map(tuple)
_colors = st.text("0123456789abcdef", min_size=6, max_size=6).map("#{}".format)
_lengths = st.floats(0, 96) | st.integers(0, 96)
_markers = st.builds(Marker, _colors, st.floats(1, 48), st.sampled_from(Shape))
_strokes = st.builds(Stroke, _colors, st.floats(0.1, 24), st.lists(_lengths, max_size=4).map(tuple))
_fills = st.builds(Fill, _colors, st.floats(0, 1), st.none() | _strokes, st.booleans())
_PLAIN: dict[Geometry, st.SearchStrategy[Any]] = {
    Geometry.POINT: _markers,
    Geometry.MULTIPOINT: _markers,
    Geometry.LINE: _strokes,
    Geometry.POLYGON: _fills,
}


def _values(codes: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Value, ...]]:
    values = st.builds(Value, codes, _texts, _texts, _tuples)
    return st.lists(values, max_size=3, unique_by=lambda value: value.code).map(tuple)


_INTEGERS = st.integers(-(2**63), 2**63 - 1)
_CODES = {Type.TEXT: _values(_texts), Type.INTEGER: _values(_INTEGERS)}


@st.composite
def _fields(draw: st.DrawFn) -> Field:
    kind = draw(st.sampled_from(Type))
    values = draw(_CODES.get(kind, st.just(())))
    name = draw(_ids.filter(lambda name: name not in RESERVED | COMMON_NAMES))
    return Field(name, kind, draw(_texts), draw(_texts), values, draw(_texts), draw(st.booleans()))


@st.composite
def _layers(draw: st.DrawFn) -> Layer:
    geometry = draw(st.sampled_from(Geometry))
    plain = _PLAIN[geometry]
    fields = draw(st.lists(_fields(), max_size=3, unique_by=lambda field: field.name))
    names = st.sampled_from([*COMMON_NAMES, *(field.name for field in fields)])
    free = ["key", "name", *(field.name for field in fields if not field.values)]
    by_value = st.builds(ByValue, st.sampled_from(free), st.dictionaries(_texts, plain, max_size=2), plain)
    return Layer(
        id=draw(_ids),
        title=draw(_titles),
        geometry=geometry,
        symbol=draw(plain | by_value),
        title_en=draw(_texts),
        description=draw(_texts),
        theme=draw(st.sampled_from(Theme)),
        kinds=draw(_CODES[Type.TEXT]),
        recognise=Recognise(draw(_tuples), draw(_tuples)),
        fields=tuple(fields),
        popup=tuple(draw(st.lists(names, max_size=3))),
        label_zoom=draw(st.none() | st.integers(0, 24)),
        order=draw(_INTEGERS),
        shown=draw(st.booleans()),
        columns=draw(st.dictionaries(names, _texts, max_size=3)),
    )


@given(_layers())
def test_any_layer_comes_back_from_its_file(layer: Layer) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again = parse(park(Path(folder), dump(layer, data="park.gpkg"))).layer
    assert again == layer
    assert list(again.columns.items()) == list(layer.columns.items())


def test_what_cannot_be_seen_is_seen_in_the_file() -> None:
    text = dump(Layer("a", HOSTILE, Geometry.POINT, Marker("#000000")))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "汉字" in text


@pytest.mark.parametrize("layer_", [Layer("a", "\ud800", Geometry.POINT, Marker("#000000"))])
def test_what_toml_cannot_hold_is_not_written(layer_: Layer) -> None:
    with pytest.raises(BadDeclaration, match="has no form in TOML"):
        dump(layer_)


def test_every_word_of_the_vocabulary_is_read() -> None:
    for record in RECORDS:
        assert set(record.readers) == {field.name for field in dataclasses.fields(record.kind)}, record.kind


def test_the_example_of_the_documentation_is_a_layer() -> None:
    assert gis.declare.__doc__
    blocks = gis.declare.__doc__.split("\n\n")
    text = "\n".join(textwrap.dedent(block) for block in blocks if block.startswith("    "))
    layer = layer_of(text, "example")
    assert (layer.id, layer.columns["opened"], layer.field("grade").values[0].words) == (
        "museums",
        "开放年份",
        ("国家一级",),
    )


# --- what is wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "key", "reason"),
    [
        ("colour = 1", "colour", "unknown key; known are id, title, title_en"),
        ('"a.b\\n" = 1', r'"a.b\u000A"', "unknown key"),
        ("order = '8'", "order", "'8': expected a whole number without quotes"),
        ("order = true", "order", "True: expected a whole number"),
        ("order = 99999999999999999999", "order", "expected a whole number"),
        ("order = 1.0", "order", "1.0: expected a whole number"),
        ("shown = 1", "shown", "expected true or false"),
        ("figures = 'yes'", "figures", "expected true or false"),
        ("figures = true", "figures", "has a field indicator of type text"),
        ("title_en = 2024-01-01", "title_en", "expected a text in quotes"),
        ("description = 3", "description", "3: expected a text in quotes"),
        ("theme = 'parks'", "theme", "'parks': expected one of structure, research"),
        ("theme = ['base']", "theme", "expected one of structure"),
        ("popup = 'name'", "popup", "'name': expected a list"),
        ("popup = ['name', 3]", "popup[2]", "3: expected a text in quotes"),
        ("popup = ['depth']", "popup", "no field 'depth'"),
        ("label_zoom = 'never'", "label_zoom", "expected a whole number"),
        ("columns = 'name'", "columns", "expected a table"),
        ("[columns]\nname = 3", "columns.name", "3: expected a text in quotes"),
        ("[columns]\ndepth = 'D'", "columns", "no field 'depth'"),
        ("[recognise]\nends = ['x']", "recognise.ends", "unknown key; known are endings, never"),
        ("[recognise]\nendings = 'x'", "recognise.endings", "expected a list"),
        ("[[kinds]]\ntitle = 'x'", "kinds[1].code", "missing; required are code, title"),
        ("[[kinds]]\ncode = 'x'", "kinds.x.title", "missing; required are code, title"),
        ("[[kinds]]\ncode = true\ntitle = 'x'", "kinds[1].code", "expected a text in quotes"),
        ("[[kinds]]\ncode = 1\ntitle = 'x'", "kinds", "code 1: expected str"),
        ("kinds = [1]", "kinds[1]", "1: expected a table"),
        ("[kinds]\ncode = 'x'", "kinds", "expected a list"),
        ("[[fields]]\ntype = 'text'", "fields[1].name", "missing; required are name, type, title"),
        (
            "[[fields]]\nname = 'x'\ntype = 'int'\ntitle = 'x'",
            "fields.x.type",
            "'int': expected one of text, integer",
        ),
        ("[[fields]]\nname = 'x'\ntype = 'text'\ntitle = 3", "fields.x.title", "expected a text"),
        ("[[fields]]\nname = 'X'\ntype = 'text'\ntitle = 'x'", "fields.X", "expected small letters"),
        ("[[fields]]\nname = 'note'\ntype = 'text'\ntitle = 'x'", "fields.note", "every feature has"),
        ("[[fields]]\nname = 'bbox'\ntype = 'text'\ntitle = 'x'", "fields.bbox", "reserved"),
        (
            "[[fields]]\nname = 'x'\ntype = 'date'\ntitle = 'x'\nvalues = [{ code = '1', title = '1' }]",
            "fields.x.values",
            "a date field has no codes",
        ),
        (
            "[[fields]]\nname = 'x'\ntype = 'text'\ntitle = 'x'\n[[fields.values]]\ncode = 'y'\nwords = ''",
            "fields.x.values.y.title",
            "missing",
        ),
        ("[symbol.stroke]\ncolor = '#000000'", "symbol", "expected exactly one of marker, stroke, fill"),
        ("[symbol.outline]\ncolor = '#000000'", "symbol.outline", "unknown key; known are marker, stroke"),
        ("title = 'twice'", "line 6, column 16", "not TOML: Cannot overwrite a value"),
        ("description = '''open", "end of document", "not TOML"),
        ("x = " + "9" * 5000, "file", "not TOML"),
        ("x = " + "[" * 5000, "file", "not TOML: nested too deeply"),
    ],
)
def test_a_fault_is_named_by_its_key_and_what_was_expected(more: str, key: str, reason: str) -> None:
    error = refused(f"{PARK}{more}\n")
    assert error.key == key
    assert reason in error.reason


@pytest.mark.parametrize(
    ("symbol", "key", "reason"),
    [
        ("marker = { color = 'red' }", "symbol.marker.color", "'red': expected #rrggbb"),
        ("marker = { color = '#000000', size = 99 }", "symbol.marker.size", "99: expected 1 to 48"),
        ("marker = { color = '#000000', size = nan }", "symbol.marker.size", "nan: expected a number"),
        ("marker = { color = '#000000', shape = 'x' }", "symbol.marker.shape", "expected one of circle"),
        ("marker = { size = 8 }", "symbol.marker.color", "missing; required are color"),
        ("marker = '#000000'", "symbol.marker", "expected a table"),
        ("stroke = { color = '#000000', dash = [inf] }", "symbol.stroke.dash[1]", "inf: expected a number"),
        ("stroke = { color = '#000000' }", "symbol", "Stroke does not draw a Point: expected Marker"),
        ("fill = { color = '#000000', opacity = 2 }", "symbol.fill.opacity", "expected 0 to 1"),
        (
            "fill = { color = '#000000', outline = { color = 'x' } }",
            "symbol.fill.outline.color",
            "expected #rrggbb",
        ),
        ("", "symbol", "{}: expected exactly one of marker, stroke, fill"),
        ("by = 'kind'\nother.marker.color = '#000000'", "symbol.cases", "missing; required are by, cases"),
        ("by = 'kind'\nmarker.color = '#000000'", "symbol.marker", "unknown key; known are by, cases, other"),
        ("by = 'depth'\ncases = {}\nother.marker.color = '#000000'", "symbol.by", "no field 'depth'"),
        (
            "by = 'status'\ncases.gone.marker.color = '#000000'\nother.marker.color = '#000000'",
            "symbol.cases",
            "status has no value 'gone'",
        ),
        (
            "by = 'key'\ncases.'a b'.marker.color = 'x'\nother.marker.color = '#000000'",
            'symbol.cases."a b".marker.color',
            "expected #rrggbb",
        ),
    ],
)
def test_a_fault_of_a_symbol_is_named_too(symbol: str, key: str, reason: str) -> None:
    error = refused(PARK.replace('symbol.marker.color = "#aa0000"', f"[symbol]\n{symbol}"))
    assert error.key == key
    assert reason in error.reason


@pytest.mark.parametrize("name", ["id", "title", "geometry", "symbol"])
def test_what_must_be_said_is_missed(name: str) -> None:
    error = refused("\n".join(line for line in PARK.splitlines() if not line.startswith(name)))
    assert (error.key, error.reason) == (name, "missing; required are id, title, geometry, symbol")


def test_a_bad_id_and_an_empty_title_are_the_layers_own_errors() -> None:
    assert refused(PARK.replace("parks_here", "Parks")).key == "id"
    assert refused(PARK.replace("园区", "")).key == "title"


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        layer_of(text, "park.toml")
    except BadDeclaration as error:
        assert error.where == "park.toml"


_junk: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["1", "-1.5", "nan", "true", "'x'", "''", "2024-01-01", "'#000000'", "'name'", "'text'"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["name", "type", "title", "code", "marker", "color", "by", "other", "values"]),
            inner,
            max_size=3,
        ).map(lambda items: "{" + ", ".join(f"{k} = {v}" for k, v in items.items()) + "}"),
    ),
)


@given(st.sampled_from(sorted(RECORDS[0].readers)), _junk)
def test_no_value_breaks_a_key(name: str, value: str) -> None:
    lines = [line for line in PARK.splitlines() if not line.startswith(name)]
    try:
        layer_of("\n".join([f"{name} = {value}", *lines]), "park.toml")
    except BadDeclaration as error:
        assert error.where == "park.toml"
        assert error.key


# --- files ------------------------------------------------------------------------------------


def test_a_file_that_is_not_utf_8_says_where(tmp_path: Path) -> None:
    file = park(tmp_path)
    file.write_bytes(b"id = 'parks'\ntitle = '" + "园区'\n".encode("gb18030"))
    with pytest.raises(BadDeclaration, match=r"park\.toml: line 2, column 11: not UTF-8 text: save"):
        parse(file)


def test_the_mark_that_notepad_writes_is_no_fault(tmp_path: Path) -> None:
    file = park(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + PARK.replace("\n", "\r\n").encode())
    assert parse(file).layer.title == "园区"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadDeclaration, match=r"gone\.toml: file: cannot be read: No such file"):
        load(tmp_path)


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration, match="missing: folder: cannot be read: No such file"):
        load(tmp_path / "missing")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".json", ".fgb", ".csv"])
def test_the_data_are_those_of_the_same_name(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / "park.toml"
    file.write_text(PARK, encoding="utf-8")
    with pytest.raises(BadDeclaration, match="data: missing, and none of park.gpkg"):
        parse(file)
    file.with_suffix(suffix).touch()
    assert parse(file).data == file.with_suffix(suffix)


def test_two_that_have_the_same_name_are_a_contradiction(tmp_path: Path) -> None:
    file = park(tmp_path)
    (tmp_path / "park.csv").touch()
    with pytest.raises(BadDeclaration, match=r"park\.gpkg and park\.csv stand beside"):
        parse(file)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/etc/passwd.csv", "without .."),
        ("../secret.gpkg", "without .."),
        ("sub/../../secret.gpkg", "without .."),
        ("..\\secret.gpkg", "without .."),
        ("a.zip!b.gpkg", "without .."),
        ("linked.gpkg", "not a link that leads out of it"),
        ("linked/secret.gpkg", "not a link that leads out of it"),
        ("loop.gpkg", "folder of the declaration"),
        ("missing.gpkg", "there is none of this name"),
        ("sub.gpkg", "there is none of this name"),
        ("x" * 300 + ".gpkg", "there is none of this name"),
        ("a\0.gpkg", "there is none of this name"),
        ("", "a file that ends in .gpkg"),
        (".", "a file that ends in .gpkg"),
        ("park.vrt", "a file that ends in .gpkg"),
        ("http://example.org/park.gpkg", "there is none of this name"),
    ],
)
def test_the_data_stay_in_the_folder(name: str, expected: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "inside"
    for made in (outside, folder, folder / "sub.gpkg"):
        made.mkdir()
    (outside / "secret.gpkg").touch()
    (folder / "linked.gpkg").symlink_to(outside / "secret.gpkg")
    (folder / "linked").symlink_to(outside)
    (folder / "loop.gpkg").symlink_to(folder / "loop.gpkg")
    layer = layer_of(PARK, "park.toml")
    with pytest.raises(BadDeclaration) as caught:
        parse(park(folder, dump(layer, data=name)))
    assert (caught.value.where, caught.value.key) == ("park.toml", "data")
    assert expected in caught.value.reason


def test_data_may_lie_in_a_folder_below_and_be_linked_within(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "real.GPKG").touch()
    (tmp_path / "link.gpkg").symlink_to("below/real.GPKG")
    for name in ("below/real.GPKG", "link.gpkg"):
        declared = parse(park(tmp_path, f"data = '{name}'\ndata_layer = '园'\n{PARK}"))
        assert (declared.data, declared.data_layer) == (tmp_path / name, "园")


@pytest.mark.parametrize("line", ["data = 3", "data_layer = 3"])
def test_where_the_data_are_is_a_text(line: str, tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration, match=r"park\.toml: data(_layer)?: 3: expected a text in quotes"):
        parse(park(tmp_path, f"{line}\n{PARK}"))


def test_a_folder_gives_its_layers_in_the_order_of_their_files(tmp_path: Path) -> None:
    for letter in reversed(string.ascii_lowercase[:4]):
        park(tmp_path, PARK.replace("parks_here", f"z_{letter}"), f"{letter}.toml")
    park(tmp_path, "rubbish", "._a.toml")
    (tmp_path / "readme.txt").touch()
    (tmp_path / "folder.toml").mkdir()
    assert [declared.layer.id for declared in load(tmp_path)] == ["z_a", "z_b", "z_c", "z_d"]


def test_one_id_in_two_files_names_both(tmp_path: Path) -> None:
    park(tmp_path, name="a.toml")
    park(tmp_path, name="b.toml")
    with pytest.raises(BadDeclaration, match=r"b\.toml: id: 'parks_here' is declared in a\.toml too"):
        load(tmp_path)
