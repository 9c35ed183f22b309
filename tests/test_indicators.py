"""The indicators are tidy, and every figure stands in the section that its row names."""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from etl import read
from etl.indicators import FILE, Direction, Indicator, Kind, Nature, indicators
from etl.text.model import Text
from etl.text.reader import read as read_document
from gis.errors import BadData

FOLDER = Path(os.environ.get("CORRIDOR_TEST_DOCUMENTS", "") or "no-documents")
ROWS = indicators()
DOCUMENTS = sorted({row.document for row in ROWS})
TABLES = {"wuhan-2021-2025": [10], "ezhou-2021-2025": [17], "huangshi-2021-2025": [15, 20]}
PAST = re.compile(r"基础|概况|形势|态势")
CUE = re.compile(r"力争|争取|争创|到2025年|达到|突破|年均|以上|布局|打造|新增")

documents = pytest.mark.skipif(
    not all((FOLDER / f"{one}.txt").is_file() for one in DOCUMENTS),
    reason="CORRIDOR_TEST_DOCUMENTS names no folder of them",
)


@cache
def text(document: str) -> Text:
    return read_document(FOLDER / f"{document}.txt", read.documents(read.SOURCES / "registry.toml"))


def said(document: Text, section: str) -> str:
    """Everything that a section holds, tables included."""
    prose = [one.text for one in document.paragraphs if one.path == section]
    cells = [cell for one in document.tables if one.path == section for row in one.rows for cell in row]
    return "\n".join([*prose, *cells])


def figure(value: float) -> str:
    return f"{value:g}" if value != int(value) else str(int(value))


def stands(value: float, row: Indicator, where: str) -> bool:
    """Whether a figure, or the words that stand for it, is in a text."""
    words = row.value_note if re.search(r"[一-鿿]", row.value_note) else row.unit
    return re.search(rf"(?<![\d.]){re.escape(figure(value))}(?!\d|\.\d)", where) is not None or words in where


def test_every_document_has_its_targets() -> None:
    assert Counter(row.document for row in ROWS) == {
        "wuhan-2021-2025": 23,
        "ezhou-2021-2025": 78,
        "huangshi-2021-2025": 54,
        "hubei-2021-2025": 33,
        "hubei-2024-opinion": 53,
    }


def test_documents_and_kinds_are_known() -> None:
    assert set(DOCUMENTS) <= set(read.documents(read.SOURCES / "registry.toml"))
    assert {row.kind for row in ROWS} == set(Kind)
    assert {row.nature for row in ROWS if row.document == "wuhan-2021-2025"} == {
        Nature.EXPECTED,
        Nature.UNSAID,
    }


def test_inconsistent_figures_are_kept_as_they_stand() -> None:
    value_added = [row for row in ROWS if row.area == 420700 and row.indicator == "高新技术产业增加值"]
    assert {(row.target_value, row.kind) for row in value_added} == {
        (15.0, Kind.YEARLY_GROWTH),
        (350.0, Kind.LEVEL),
    }
    starred = [row for row in ROWS if row.base_year == 2019]
    assert len(starred) == 7 and all("2019" in row.footnote for row in starred)


def test_lower_is_better_for_energy_water_class_and_rank_only() -> None:
    lower = {row.indicator for row in ROWS if row.direction is Direction.LOWER}
    assert lower == {
        "单位GDP能耗下降",
        "长江干流湖北段、丹江口库区水质类别",
        "全省科技创新综合考评排名",
        "大冶湖高新区在国家级高新区中的位次",
        "鄂城区县域经济全省位次",
        "鄂城区县域经济全国位次",
    }


@documents
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_figures_of_a_row_stand_in_its_sections(row: Indicator) -> None:
    document = text(row.document)
    sections = {section: said(document, section) for section in row.sections}
    assert all(sections.values()), sections.keys()
    assert all(stands(row.target_value, row, where) or row.base_value for where in sections.values())
    assert any(stands(row.target_value, row, where) for where in sections.values())
    if row.base_value is not None:
        assert (
            any(stands(row.base_value, row, where) for where in sections.values()) or "见表" in row.footnote
        )


@documents
@pytest.mark.parametrize("document", TABLES)
def test_every_row_of_a_table_is_an_indicator(document: str) -> None:
    tables = text(document).tables
    assert [len(table.rows) - 1 for table in tables] == TABLES[document]
    for table in tables:
        names = {row.indicator for row in ROWS if row.document == document and table.path in row.sections}
        for cells in table.rows[1:]:
            assert any(
                _plain(cells[1]) in _plain(name) or _plain(name) in _plain(cells[1]) for name in names
            ), cells


def _plain(name: str) -> str:
    return re.sub(r"（[^（）]*$|[（）]|件/万人|%", "", re.sub(r"（[个家件%亿元/万人]+）?$", "", name))


@documents
@pytest.mark.parametrize("document", DOCUMENTS)
def test_nearly_every_figure_aimed_at_in_prose_has_a_row(document: str) -> None:
    known: dict[str, set[str]] = {}
    for row in ROWS:
        notes = re.findall(r"[\d.]+", f"{row.value_note} {row.footnote}")
        for section in row.sections if row.document == document else ():
            known.setdefault(section, set()).update((figure(row.target_value), *notes))
            known[section].update([figure(row.base_value)] if row.base_value is not None else [])
    wanted = [
        (paragraph.path, number)
        for paragraph in text(document).paragraphs
        if not any(PAST.search(title) for title in paragraph.titles)
        for clause in re.split(r"[，。；]", paragraph.text)
        if CUE.search(clause)
        for number in re.findall(r"(?<![A-Za-z\d.“—-])(\d[\d.]*)(?=[个家项%人件名万亿条场]|$)", clause)
        if not re.fullmatch(r"(?:19|20)\d\d", number)
    ]
    missing = [one for one in wanted if one[1].rstrip(".") not in known.get(one[0], set())]
    assert len(missing) <= 0.1 * len(wanted), missing


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("area", "421300", "one of 420000"),
        ("base_value", "十", "a number"),
        ("target_year", "25", "a year"),
        ("target_value", "", "a number"),
        ("kind", "rate", "one of level, yearly_growth, cumulative"),
        ("direction", "up", "one of higher, lower"),
        ("section", "", "a section"),
    ],
)
def test_a_row_that_is_not_tidy_is_refused_with_what_was_expected(
    column: str, value: str, expected: str, tmp_path: Path
) -> None:
    head, first, *_ = FILE.read_text("utf-8").splitlines()
    cells = dict(zip(head.split(","), first.split(","), strict=True)) | {column: value}
    file = tmp_path / "indicators.csv"
    file.write_text(f"{head}\n{','.join(cells.values())}\n", encoding="utf-8")
    with pytest.raises(BadData, match=expected) as error:
        indicators(file)
    assert column in str(error.value) and "line 2" in str(error.value)


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    head, first, *_ = FILE.read_text("utf-8").splitlines()
    (tmp_path / "twice.csv").write_text(f"{head}\n{first}\n{first}\n", encoding="utf-8")
    with pytest.raises(BadData, match="line 3: id="):
        indicators(tmp_path / "twice.csv")
