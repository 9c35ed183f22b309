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
from etl.proposals import compare, extract, reviewed
from etl.text.reader import read as read_document

READING = Path(__file__).with_name("data") / "reading" / "places.csv"
FOLDER = Path(os.environ.get("CORRIDOR_TEST_DOCUMENTS", "") or "no-documents")
IDS = ("wuhan-2021-2025", "ezhou-2021-2025", "huangshi-2021-2025", "hubei-2021-2025", "hubei-2024-opinion")
CATALOG = layers.catalog()
WORDS = lexicon()

documents = pytest.mark.skipif(
    not all((FOLDER / f"{one}.txt").is_file() for one in IDS),
    reason="CORRIDOR_TEST_DOCUMENTS names no folder of them",
)


@cache
def told() -> dict[str, Measure]:
    """The measures of the documents one by one, and of all together."""
    registry = read.documents(read.SOURCES / "registry.toml")
    texts = [read_document(FOLDER / f"{one}.txt", registry) for one in IDS]
    return {one.document: one for one in measures(texts, reading(READING), CATALOG, WORDS)}


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
    registry = read.documents(read.SOURCES / "registry.toml")
    texts = {one: read_document(FOLDER / f"{one}.txt", registry) for one in IDS}
    for place in reading(READING):
        for source in place.sources:
            document, _, rest = source.partition("#")
            section, _, line = rest.rpartition("@")
            text = texts[document]
            inside = [
                p for p in text.paragraphs if text.line(p.offsets[0]) <= int(line) <= text.line(p.offsets[-1])
            ]
            assert [paragraph.path for paragraph in inside] == [section], source


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
