"""What the extraction finds in the five documents, against a careful reading of them.

The documents are not part of the project: `CORRIDOR_TEST_DOCUMENTS` names the folder that holds them.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

import layers
from etl import read, run
from etl.decisions import decisions
from etl.lexicon import lexicon
from etl.measure_reading import Measure, Place, measure, measures, reading
from etl.mentions import Candidate
from etl.proposals import Reviewed, compare, extract, reviewed
from etl.text.model import Text
from etl.text.reader import read as read_document

READING = Path(__file__).with_name("data") / "reading" / "places.csv"
# A second reader's list, made from the documents alone: where each document first names each place.
SECOND = READING.with_name("second.csv")
FOLDER = Path(os.environ.get("CORRIDOR_TEST_DOCUMENTS", "") or "no-documents")
IDS = ("wuhan-2021-2025", "ezhou-2021-2025", "huangshi-2021-2025", "hubei-2021-2025", "hubei-2024-opinion")
CATALOG = layers.catalog()
WORDS = lexicon()

documents = pytest.mark.skipif(
    not all((FOLDER / f"{one}.txt").is_file() for one in IDS),
    reason="CORRIDOR_TEST_DOCUMENTS names no folder of them",
)


@cache
def texts() -> dict[str, Text]:
    """The documents by their ids."""
    registry = read.documents(read.SOURCES / "registry.toml")
    return {one: read_document(FOLDER / f"{one}.txt", registry) for one in IDS}


@cache
def told() -> dict[str, Measure]:
    """The measures of the documents one by one, and of all together."""
    return {one.document: one for one in measures([*texts().values()], reading(READING), CATALOG, WORDS)}


def sections(text: Text, line: int) -> list[str]:
    """The section of each paragraph that a line of a document belongs to."""
    return [p.path for p in text.paragraphs if text.line(p.offsets[0]) <= line <= text.line(p.offsets[-1])]


@documents
@pytest.mark.parametrize("document", IDS)
def test_nearly_every_place_of_a_document_is_found_and_hardly_a_false_one(document: str) -> None:
    one = told()[document]
    assert one.recall >= 0.95, one
    assert one.false_share <= 0.05, one
    assert one.city_share >= 0.95, one
    assert one.kind_share >= 0.95 or len(one.wrong_kind) <= 1, one


@documents
def test_all_documents_together_name_each_place_once() -> None:
    one = told()["all documents"]
    assert min(one.recall, one.kind_share, one.city_share) >= 0.98, one
    assert one.false_share <= 0.02, one
    assert len(one.split) + len(one.lumped) <= 5, one
    assert one.mentions_found / one.mentions >= 0.9, one


@documents
def test_the_reading_and_the_layout_agree_on_every_section() -> None:
    for place in reading(READING):
        for source in place.sources:
            document, _, rest = source.partition("#")
            section, _, line = rest.rpartition("@")
            assert sections(texts()[document], int(line)) == [section], source


def second() -> tuple[tuple[str, int, str], ...]:
    """Document, line and name of each place as the second reader has it."""
    rows = (row.values for row in read.table(SECOND, ("document", "line", "name")))
    return tuple((str(row["document"]), int(str(row["line"])), str(row["name"])) for row in rows)


def spelt() -> dict[tuple[str, str], Reviewed]:
    """The reviewed places by each document that names them and each spelling of their names."""
    places = reviewed(run.gather(CATALOG).features, CATALOG, WORDS)
    return {(document, name): one for one in places for document in one.documents for name in one.spellings}


def test_what_a_second_reader_finds_is_on_the_map_or_rejected_with_a_reason() -> None:
    on_map, rejected = spelt(), decisions(read.SOURCES, WORDS).rejected
    found = [(document, WORDS.comparable(name)) for document, _, name in second()]
    missed = [one for one in found if one not in on_map]
    assert all(name in rejected for _, name in missed), missed
    assert len(missed) / len(found) < 0.01


def test_what_the_map_has_of_a_document_a_second_reader_found_there_too() -> None:
    on_map = spelt()
    found = {(document, WORDS.comparable(name)) for document, _, name in second()}
    named = {(document, str(one["key"])) for (document, _), one in on_map.items() if document in IDS}
    seen = {(document, str(on_map[document, name]["key"])) for document, name in found & set(on_map)}
    assert named == seen


@documents
def test_a_place_says_the_section_in_which_a_second_reader_found_it() -> None:
    on_map = spelt()
    for document, line, name in second():
        place = on_map.get((document, WORDS.comparable(name)))
        if place:
            here = {f"{document}#{section}" for section in sections(texts()[document], line)}
            assert here & set(place.sources), (document, line, name)


@documents
def test_the_reviewed_places_are_what_the_documents_name() -> None:
    extraction = extract([FOLDER], CATALOG, WORDS)
    places = reviewed(run.gather(CATALOG).features, CATALOG, WORDS)
    diff = compare(extraction, places, decisions(read.SOURCES, WORDS), WORDS)
    assert str(diff).startswith("0 new, 0 changes, 0 no longer named"), diff


def place(key: str, *names: str, kind: str = "university", city: str = "421200") -> Place:
    return Place(key, names, "universities", kind, city, "", "", (f"plan-{key}#一@3",))


def candidate(*names: str, kind: str = "university", city: int = 421200) -> Candidate:
    return Candidate(names[0], names[1:], "universities", kind, city, None, "", "", "", ())


def test_a_measure_counts_misses_false_ones_and_what_is_said_wrong() -> None:
    places = (place("a", "香城大学", "香大"), place("b", "泉都学院"), place("c", "竹海学院"))
    one = measure("", (candidate("香大"), candidate("竹海学院", kind="college", city=421100)), places, WORDS)
    assert [missed.key for missed in one.missed] == ["b"]
    assert (one.recall, one.false_share) == (pytest.approx(2 / 3), 0)
    assert (one.kind_share, one.city_share) == (0.5, 0.5)


def test_a_measure_tells_what_was_found_twice_and_what_was_thrown_together() -> None:
    places = (place("a", "香城大学", "香大"), place("b", "泉都学院"))
    one = measure("", (candidate("香城大学"), candidate("香大", "泉都学院")), places, WORDS)
    assert [split.key for split in one.split] == ["a"]
    assert [lumped.name for lumped in one.lumped] == ["香大"]


def test_the_careful_reading_is_of_layers_and_kinds_that_exist() -> None:
    for one in reading(READING):
        kinds = {value.code for value in CATALOG[one.layer].kinds}
        assert one.kind in kinds, one.key
        assert one.documents <= set(IDS), one.key
