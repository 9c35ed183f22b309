"""Reading: what is wrong with a file is said with its name, its row and what was expected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from etl_world import MILL, MILLS, REGISTRY, write_mills

from etl import read
from gis.errors import BadData


def test_a_row_knows_its_file_and_line_even_after_a_cell_of_two_lines(tmp_path: Path) -> None:
    file = tmp_path / "places" / "mills.csv"
    write_mills(file, {**MILL, "note": "一\n二"}, {**MILL, "id": "2"})
    rows = list(read.table(file, read.columns(MILLS)))
    assert [row.where for row in rows] == ["places/mills.csv, line 3", "places/mills.csv, line 4"]
    assert rows[1].values["id"] == "2" and rows[1].sited


def test_the_columns_are_those_of_the_layer_with_the_point_before_its_precision() -> None:
    names = read.columns(MILLS)
    assert names[0] == "id" and names[-1] == "seen"
    assert names[names.index("lon") :][:3] == ("lon", "lat", "precision")


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("a,b", "no column 'c'"),
        ("a,b,c,d", "unknown column 'd'"),
        ("a,b,c,c", "column 'c' stands twice"),
        ("", "no column 'a'"),
    ],
)
def test_a_wrong_header_is_told_with_what_was_expected(tmp_path: Path, header: str, complaint: str) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f"{header}\n1,2,3\n", "utf-8")
    with pytest.raises(BadData, match=complaint) as caught:
        list(read.table(file, ("a", "b", "c")))
    assert "x.csv, line 1" in str(caught.value) and "expected a, b, c" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a,b\n1,2\n1,2,3\n", "x.csv, line 3: 3 cells: expected 2"),
        (b'a,b\n1,"2\n', "not CSV"),
        (b"a,b\n1,\xff\n", "x.csv, line 2: not UTF-8"),
        ("a,b\n一,二\n".encode("gb18030"), "not UTF-8"),
    ],
)
def test_a_broken_csv_file_is_told_with_its_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(BadData, match=complaint):
        list(read.table(file, ("a", "b")))


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert [dict(row.values) for row in read.table(file, ("a", "b"))] == [{"a": "1", "b": "2"}]


def test_a_missing_file_names_its_folder(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no such file in"):
        list(read.table(tmp_path / "x.csv", ("a",)))


@pytest.mark.parametrize("content", ["{", "[1]", '{"features": [{"properties": {}}]}', '{"features": [3]}'])
def test_a_broken_geojson_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "boundaries.toml").write_text("")
    file = tmp_path / "base" / "x.geojson"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(BadData, match="base/x.geojson"):
        list(read.boundaries(file))


@pytest.mark.parametrize(
    ("name", "key"),
    [("Jiang'an District", "jiangan-district"), ("Hong’an County", "hongan-county"), ("Han", "han")],
)
def test_an_english_name_makes_a_key(name: str, key: str) -> None:
    assert read.slug(name) == key


def test_the_registry_is_read_with_its_dates(tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    file.write_text(REGISTRY, "utf-8")
    found = read.documents(file)
    assert found["plan-1"].date == date(2021, 12, 31) and found["plan-1"].kind == "plan"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"year"', '"month"', "expected day or year"),
        ('kind = "plan"', 'kind = "rumour"', "rumour"),
        ("date = 2021-12-31", 'date = "2021"', "expected a date"),
        ('id = "plan-1"', 'id = "squares"', "another document has this id"),
        ('issuer = "某市"', 'author = "某市"', "author"),
        ('issuer = "某市"', 'issuer = "某市"\nsha256 = "abc"', "64 hexadecimal digits"),
        ("[[document]]", "[[document", "not TOML"),
    ],
)
def test_a_broken_registry_is_told(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = tmp_path / "registry.toml"
    file.write_text(REGISTRY.replace(old, new, 1), "utf-8")
    with pytest.raises(BadData, match=complaint) as caught:
        read.documents(file)
    assert "registry.toml" in str(caught.value)


def test_of_two_towns_of_one_name_in_a_district_the_first_counts(tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    file.write_text(
        "name_zh,more,district,lon,lat\n东镇,x,1,114,30\n东镇,y,1,115,31\n东镇,z,2,116,32\n", "utf-8"
    )
    assert read.towns(file) == {"东镇@1": (114.0, 30.0), "东镇@2": (116.0, 32.0)}
