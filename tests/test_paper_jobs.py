"""Printing over HTTP: a job is ordered, watched, fetched and forgotten; what cannot be is refused before it starts."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import REQUIRE_ALL, WELLS
from flask.testing import FlaskClient

from tests.sheet_reader import Sheets
from webmap import prints
from webmap.paper import glyphs, job

pytestmark = pytest.mark.skipif(
    not (glyphs.FOLDER / "manifest.json").is_file() and not REQUIRE_ALL,
    reason="no fonts: run `make assets`",
)

EXTENT = [113.9, 29.9, 114.6, 30.6]
SHEET = {"title": "水井分布图", "extent": EXTENT, "paper": "A4", "layers": [WELLS.id]}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs of a test lie in a folder of its own."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))


def ordered(client: FlaskClient, **body: Any) -> Any:
    return client.post("/print", json={"sheet": SHEET, **body})


def done(client: FlaskClient, where: str, seconds: float = 60) -> dict[str, Any]:
    """The state of a job once it has ended."""
    path = where.removeprefix("http://localhost")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state: dict[str, Any] = client.get(path).get_json()
        if state["status"] != "running":
            return state
        time.sleep(0.2)
    raise AssertionError("the job has not ended")


def test_a_sheet_is_ordered_watched_fetched_and_forgotten(client: FlaskClient) -> None:
    answer = ordered(client)
    assert answer.status_code == 202
    where = answer.headers["Location"]
    state = done(client, where)
    assert state["status"] == "successful", state
    link = next(link for link in state["links"] if link["rel"] == "enclosure")
    got = client.get(link["href"].removeprefix("http://localhost"))
    assert got.mimetype == "application/pdf"
    page = Sheets(got.data).pages[0]
    assert "水井分布图" in page.text and "1号井" in page.text
    assert client.delete(where.removeprefix("http://localhost")).status_code == 204
    assert client.get(where.removeprefix("http://localhost")).status_code == 404


def test_a_saved_state_of_the_map_is_printed_with_its_filter_in_words(client: FlaskClient) -> None:
    sheet = {
        "title": "#let x = 1; <b>水井</b>",
        "state": f"http://x/map#9/30.2/114.2&layers={WELLS.id}&kind=dug",
    }
    state = done(client, ordered(client, sheet=sheet, format="svg").headers["Location"])
    assert state["status"] == "successful", state
    link = next(link for link in state["links"] if link["rel"] == "enclosure")
    text = client.get(link["href"].removeprefix("http://localhost")).get_data(as_text=True)
    assert "筛选：类别为人工井" in text and "1号井" in text and "2号井" not in text
    assert "#let x = 1; &lt;b&gt;水井&lt;/b&gt;" in text


def test_a_job_that_is_forgotten_while_it_runs_is_stopped(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/number\nexec sleep 100\n")
    slow.chmod(0o700)
    monkeypatch.setattr(prints.sys, "executable", str(slow))
    where = ordered(client).headers["Location"].removeprefix("http://localhost")
    number = until(lambda: (tmp_path / "number").read_text().strip())
    assert client.delete(where).status_code == 204
    until(lambda: not Path(f"/proc/{number}").exists())
    assert client.get(where).status_code == 404


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    """What a function gives once it gives something and does not fail."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError):
            if value := found():
                return value
        time.sleep(0.1)
    raise AssertionError("it has not come")


def test_the_internal_features_are_not_printed_by_a_service_that_does_not_show_them(
    client: FlaskClient,
) -> None:
    state = done(client, ordered(client, format="svg").headers["Location"])
    link = next(link for link in state["links"] if link["rel"] == "enclosure")
    text = client.get(link["href"].removeprefix("http://localhost")).get_data(as_text=True)
    assert "4号井" in text and "well-7" not in text


def test_a_review_number_cannot_be_claimed_by_who_orders(client: FlaskClient) -> None:
    sheet = {**SHEET, "marginalia": {"review_no": "GS(2026)1号"}}
    state = done(client, ordered(client, sheet=sheet, format="svg").headers["Location"])
    link = next(link for link in state["links"] if link["rel"] == "enclosure")
    text = client.get(link["href"].removeprefix("http://localhost")).get_data(as_text=True)
    assert "GS(2026)1号" not in text and "未经审图" in text


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"sheet": "no-such"}, "No sheet"),
        ({"sheet": "../../etc/passwd"}, "No sheet"),
        ({"sheet": "/etc/hosts.toml"}, "the name of a sheet"),
        ({"sheet": {**SHEET, "layers": ["no_such"]}}, "layers="),
        ({"sheet": {**SHEET, "scale": 1000}}, "scale="),
        ({"sheet": {**SHEET, "scale": 0}}, "scale="),
        ({"sheet": {**SHEET, "scale": -50000}}, "scale="),
        ({"sheet": {**SHEET, "scale": 10**12}}, "scale="),
        ({"sheet": {**SHEET, "extent": [200, 95, 300, 99]}}, "extent="),
        ({"sheet": {**SHEET, "crs": "EPSG:32601"}}, "crs="),
        ({"sheet": {"title": "图集", "sheets": ["../../etc/passwd"]}}, "sheets="),
        ({"sheet": {**SHEET, "extent": [1, 1, 2, 2]}}, "extent="),
        ({"sheet": {**SHEET, "paper": "A00"}}, "paper="),
        ({"sheet": {**SHEET, "state": "#9/30/114&city=999999"}}, "state="),
        ({"sheet": {"title": "水井", "state": "#9/30/114&layers=no_such"}}, "state="),
        ({"sheet": {"title": "水井", "state": "#12/1/1&layers=wells"}}, "extent="),
        ({"sheet": {"title": "水井", "state": "x" * 20_001}}, "state="),
        ({"sheet": {"title": "长" * 201, "state": "#9/30/114"}}, "title="),
        ({"sheet": {**SHEET, "paper": "A0"}, "format": "png", "dpi": 600}, "dpi="),
        ({"format": "docx"}, "format="),
        ({"dpi": "many"}, "dpi="),
        ({"wheel": 1}, "wheel="),
    ],
)
def test_what_cannot_be_printed_is_refused_before_it_starts(
    client: FlaskClient, body: dict[str, Any], word: str, tmp_path: Path
) -> None:
    answer = ordered(client, **body)
    assert answer.status_code in (400, 404)
    assert answer.mimetype == "application/problem+json"
    assert word in answer.get_json()["detail"]
    assert [path for home in tmp_path.glob("corridor-print-*") for path in home.iterdir()] == []


def test_only_json_is_an_order(client: FlaskClient) -> None:
    assert client.post("/print", data="sheet=corridor").status_code == 400
    assert client.post("/print", data="[1", content_type="application/json").status_code == 400


def test_no_more_are_printed_at_once_than_the_machine_bears(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        prints, "_start", lambda folder, wanted: job.tell(folder, status="running", progress="")
    )
    for _number in range(prints.MOST_AT_ONCE):
        assert ordered(client).status_code == 202
    answer = ordered(client)
    assert answer.status_code == 503 and "Retry-After" in answer.headers


def test_a_job_that_dies_leaves_no_file_and_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints.sys, "executable", "/bin/false")
    state = done(client, ordered(client).headers["Location"])
    assert state["status"] == "failed" and "memory" in state["progress"]
    assert [link["rel"] for link in state["links"]] == ["self"]


def test_an_old_job_is_removed_when_a_new_one_is_ordered(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ordered(client).headers["Location"]
    done(client, first)
    monkeypatch.setattr(prints, "KEPT_SECONDS", -1)
    ordered(client)
    assert client.get(first.removeprefix("http://localhost")).status_code == 404


@pytest.mark.parametrize("name", ["0" * 32, "..", "x", "0" * 31 + "Z"])
def test_an_unknown_job_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/print/{name}").status_code == 404


def test_the_shipped_sheets_are_listed(client: FlaskClient) -> None:
    names = [one["name"] for one in client.get("/print/sheets").get_json()["sheets"]]
    assert "corridor" in names and "atlas" in names
