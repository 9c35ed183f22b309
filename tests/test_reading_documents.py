"""Documents of four forms become sections, paragraphs and tables that say where they stand."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path

import docx
import pytest

from etl.records import Document, DocumentKind
from etl.text.characters import clean
from etl.text.formats import text_of
from etl.text.layout import text_from
from etl.text.model import Role
from etl.text.reader import read
from gis.errors import BadData

LINES = (
    "咸宁市创新规划（样本）",
    "一、总体布局",
    "(一)园区建设",
    "1.提质升级。加快建设温泉科技园，(P4)实验室面积达到 500 亩。",
    "专栏1 重点园区",
    "1.温泉科技园。占地 12 亩。",
    "2.汀泗桥产业园。占地 30 亩。",
    "2.扩区",
    "二、保障措施",
)
PATHS = ["前言", "一", "一/（一）", "一/（一）/1", *["一/（一）/1/专栏1"] * 3, "一/（一）/2", "二"]


def plain_file(folder: Path) -> Path:
    file = folder / "plan.txt"
    file.write_text("\n\n".join(LINES), encoding="utf-8")
    return file


def gb18030_file(folder: Path) -> Path:
    file = folder / "plan.txt"
    file.write_bytes("\n".join(LINES).encode("gb18030"))
    return file


def word_file(folder: Path) -> Path:
    document = docx.Document()
    for line in LINES:
        document.add_paragraph(line)
    document.save(str(folder / "plan.docx"))
    return folder / "plan.docx"


def html_file(folder: Path) -> Path:
    body = "".join(f"<p>{line}</p>" for line in LINES)
    page = f"<!doctype html><meta charset=utf-8><script>alert('一、')</script><body>{body}</body>"
    (folder / "plan.html").write_text(page, encoding="utf-8")
    return folder / "plan.html"


def pdf_file(folder: Path) -> Path:
    """A PDF of one page, each line a text of its own, with the map from codes to characters."""
    codes = {c: at for at, c in enumerate(sorted(set("".join(LINES))), start=1)}
    shown = "".join(
        f"BT /F1 10 Tf 20 {800 - 20 * at} Td <{''.join(f'{codes[c]:04x}' for c in line)}> Tj ET\n"
        for at, line in enumerate(LINES)
    )
    pairs = "".join(f"<{code:04x}> <{ord(c):04x}>\n" for c, code in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{pairs}endbfchar endcmap end"
    )
    font = "/Type /Font /BaseFont /Sample"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}endstream",
        f"<< {font} /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
        f"<< {font} /Subtype /CIDFontType2 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    start = out.tell()
    entries = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    out.write(
        f"xref\n0 {size}\n0000000000 65535 f \n{entries}trailer << /Size {size} /Root 1 0 R >>\n".encode()
    )
    out.write(f"startxref\n{start}\n%%EOF\n".encode())
    (folder / "plan.pdf").write_bytes(out.getvalue())
    return folder / "plan.pdf"


@pytest.mark.parametrize("make", [plain_file, gb18030_file, word_file, html_file, pdf_file])
def test_every_form_of_a_document_gives_the_same_sections_and_words(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    text = read(make(tmp_path), {})
    assert [paragraph.path for paragraph in text.paragraphs] == PATHS
    assert text.paragraphs[3].text == "1.提质升级。加快建设温泉科技园，（P4）实验室面积达到500亩。"
    assert text.paragraphs[3].titles == ("总体布局", "园区建设", "提质升级")
    assert [paragraph.role for paragraph in text.paragraphs[4:7]] == [Role.HEADING, Role.ITEM, Role.ITEM]


def test_a_locator_leads_back_to_the_raw_text(tmp_path: Path) -> None:
    text = read(plain_file(tmp_path), {})
    paragraph = text.paragraphs[3]
    start = paragraph.text.index("（P4）")
    found = text.locate(paragraph, start, start + 7)
    assert text.raw[found.raw_start : found.raw_end] == "(P4)实验室"
    assert (str(found), found.paragraph) == ("plan#一/（一）/1@7", 1)


def test_a_document_is_known_by_its_checksum_whatever_its_file_is_called(tmp_path: Path) -> None:
    file = plain_file(tmp_path)
    checksum = sha256(file.read_bytes()).hexdigest()
    known = Document(
        "xianning-sample", "咸宁市创新规划", "咸宁市", date(2021, 1, 1), "day", DocumentKind.PLAN, checksum
    )
    assert read(file, {known.id: known}).id == "xianning-sample"


# --- what published text does to itself ---------------------------------------------------------

WRAPPED = """第一章 总体

为加快建设武汉光电科技园和东湖综合性

科学城，推动国家先进

3

材料实验室落户，全市高新技术企业数

量达到 500 家。建设一批平台，重点支持

温泉科技园。

（一）任务

到2025年完成全部任务目标。
"""


def test_lines_broken_in_mid_sentence_are_joined_and_page_numbers_dropped() -> None:
    text = text_from("sample", WRAPPED)
    assert [paragraph.path for paragraph in text.paragraphs] == [
        "第一章",
        "第一章",
        "第一章/（一）",
        "第一章/（一）",
    ]
    assert "国家先进材料实验室落户，全市高新技术企业数量达到500家。" in text.paragraphs[1].text


def test_bookmarks_and_invisible_characters_go_and_blanks_between_latin_words_stay() -> None:
    raw = "[bookmark: _Toc1]（一）\u200bMicro LED 与 ５Ｇ 产业,规模(亿元): 30.5"
    text, offsets = clean(raw, 0, len(raw))
    assert text == "（一）Micro LED与5G产业，规模（亿元）：30.5"
    assert raw[offsets[text.index("Micro")]] == "M" and len(offsets) == len(text)


def test_characters_are_cleaned_once_for_all() -> None:
    draw = random.Random(7)
    for _ in range(300):
        raw = "".join(draw.choice("光谷（(）),:：;。 Ａａ1　—-[]\t·%％") for _ in range(draw.randint(0, 30)))
        once, offsets = clean(raw, 0, len(raw))
        assert clean(once, 0, len(once))[0] == once
        assert list(offsets) == sorted(offsets)


TABBED = (
    "表1 指标\n\t指标\n名称\n\t单位\n\t2025年\n\n\t高新技术企业\n\t家\n\t＞300\n\n\t\n\t%\n\t2.6*\n\n\n"
    "备注：标*的为估计。\n1.其他"
)
PRINTED = (
    "发展指标\n序号 指标 2020年 2025年\n1 研发投入增长（%） 年均增速 10.7 年均增速 14\n2 企业数量（家） 6259 12000\n"
    "第二章 平台建设\n加快建设光谷科技园，（责\n3 平台（个） 138 180\n任单位：市科技局）\n"
)
LISTED = "专栏1 目标\n序号\n指标\n现状\n目标\n能力\n1\n投入(亿元)\n14.78\n年均增速16%\n2\n企业数\n133\n300\n一、任务\n"


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        (TABBED, (("指标名称", "单位", "2025年"), ("高新技术企业", "家", "＞300"), ("", "%", "2.6*"))),
        (
            PRINTED,
            (
                ("序号", "指标", "2020年", "2025年"),
                ("1", "研发投入增长（%）", "年均增速10.7", "年均增速14"),
                ("2", "企业数量（家）", "6259", "12000"),
                ("3", "平台（个）", "138", "180"),
            ),
        ),
        (
            LISTED,
            (
                ("序号", "指标", "现状", "目标", "能力"),
                ("1", "投入（亿元）", "14.78", "年均增速16%"),
                ("2", "企业数", "133", "300"),
            ),
        ),
    ],
    ids=["cells after tabs", "rows in a line, cut by a page", "a cell a line"],
)
def test_flattened_tables_get_their_rows_back(raw: str, rows: tuple[tuple[str, ...], ...]) -> None:
    (table,) = text_from("sample", raw).tables
    assert table.rows == rows


def test_rows_that_a_page_break_throws_into_a_sentence_are_taken_out_of_it() -> None:
    raw = WRAPPED.replace("国家先进\n\n3\n\n材料", "国家先进\n3 平台（个） 138 180\n材料")
    head = "序号 指标 2020年 2025年\n1 研发投入（%） 10 14\n2 企业数量（家） 6259 12000\n"
    text = text_from("sample", head + raw)
    assert [len(table.rows) for table in text.tables] == [4]
    assert any("国家先进材料实验室" in paragraph.text for paragraph in text.paragraphs)


# --- what bad input gets ------------------------------------------------------------------------


def packed(folder: Path, members: dict[str, bytes]) -> Path:
    file = folder / "bad.docx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file


def test_an_archive_with_a_path_upwards_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path, {"word/document.xml": b"<x/>", "../../evil.txt": b"x"})
    with pytest.raises(BadData, match="path that leads out"):
        text_of(file)


def test_an_archive_that_expands_without_end_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path, {"word/document.xml": b"<x>" + b" " * 40_000_000})
    with pytest.raises(BadData, match="would unpack to"):
        text_of(file)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", b"PK\x03\x04 nothing", "damaged archive"),
        ("a.pdf", b"%PDF-1.4 nothing", "cannot be read"),
        ("a.doc", b"\xd0\xcf\x11\xe0rest", "save it as .docx"),
        ("a.txt", b"\x00\x01\x02", "not a text file"),
        ("a.txt", b"line\n\xff\xff\xff\xff", "line 2"),
        ("a.txt", b"  \n ", "holds no text"),
    ],
)
def test_a_document_that_cannot_be_read_is_named_with_the_reason(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadData, match=reason) as error:
        text_of(tmp_path / name)
    assert str(error.value).startswith(name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="none.txt: cannot be opened"):
        read(tmp_path / "none.txt", {})


def test_a_page_whose_tags_are_nested_without_end_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.html").write_text("<html><body>" + "<div>" * 50_000 + "光谷" + "</div>" * 50_000)
    try:
        assert isinstance(text_of(tmp_path / "deep.html"), str)
    except BadData as error:
        assert "deep.html" in str(error)
