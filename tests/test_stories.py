"""Stories: what their files may hold, and that the one that is shipped says nothing without a source."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from flask.testing import FlaskClient

import layers
from gis.config import Settings
from gis.database import Store
from gis.errors import BadData
from tests.conftest import HOSTILE
from webmap import create_app, stories

REGISTRY = Path(__file__).parents[1] / "etl" / "sources" / "registry.toml"
STEPS = [(story.id, step) for story in stories.shipped().values() for step in story.steps]


def test_a_story_is_read_from_its_file() -> None:
    text = (
        "# 甲 | A\n\n## 一 | One\nstate: 9/30/114\nsource: a#1\nsource: b\n\n段落\n一\n\n段落二\n\n"
        "> first\n> part\n\n## 二\nstate:\n\n话\n"
    )
    story = stories.read("a", text)
    assert story.title == ("甲", "A")
    first, second = story.steps
    assert first == stories.Step(("一", "One"), "9/30/114", ("段落一\n\n段落二", "first part"), ("a#1", "b"))
    assert second == stories.Step(("二", "二"), "", ("话", "话"), ())


def test_markup_in_a_story_is_text() -> None:
    story = stories.read(
        "a", f"# {HOSTILE.replace('|', '')}\n## 一\nstate: \n\n[x](javascript:1) **b** {HOSTILE}"
    )
    assert story.steps[0].text[0] == f"[x](javascript:1) **b** {HOSTILE}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "甲",
        "# 甲",
        "## 一\nstate: x\n\n话",
        "# 甲\n## 一\n\n话",
        "# 甲\n## 一\nstate: x\n",
        "# 甲\n乙\n## 一\nstate: x\n\n话",
    ],
)
def test_a_file_that_is_no_story_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        stories.read("a", text)


@pytest.mark.parametrize(("story", "step"), STEPS)
def test_every_step_names_registered_sources(story: str, step: stories.Step) -> None:
    registered = {one["id"] for one in tomllib.loads(REGISTRY.read_text("utf-8"))["document"]}
    assert step.sources
    assert {one.partition("#")[0] for one in step.sources} <= registered
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in (step.title[0], step.text[0]))
    assert not re.search(r"[\u4e00-\u9fff]", step.title[1] + step.text[1]), "the English is English"


@pytest.mark.parametrize(("story", "step"), STEPS)
def test_every_step_shows_a_view_and_layers_that_exist(story: str, step: stories.Step) -> None:
    view, _, rest = step.state.partition("&")
    west, south, east, north = map(float, view.split(","))
    assert 113 < west < east < 117 and 29 < south < north < 32
    asked = dict(parse_qsl(rest))
    assert set(filter(None, asked.get("layers", "").split(","))) <= set(layers.catalog())
    assert asked.keys() <= {"layers", "city"}


def test_the_numbers_of_the_shipped_story_are_in_the_data(shipped: Store) -> None:
    client = create_app(Settings(), layers.catalog(), shipped).test_client()
    core = client.get("/collections/core/items").get_json(force=True)["features"]
    assert sorted(feature["properties"]["area_km2"] for feature in core) == [100, 160, 260]
    clusters = client.get("/collections/clusters/items").get_json(force=True)["features"]
    names = " ".join(feature["properties"]["name"] for feature in clusters)
    told = next(step for _id, step in STEPS if "六个组团" in step.text[0]).text[0]
    for name in re.findall(r"[^，、；：的与。]+组团", told.replace("六个组团是", "")):
        assert name in names, name


def test_stories_are_listed_and_told_in_both_languages(client: FlaskClient) -> None:
    (one,) = client.get("/stories").get_json()["stories"]
    assert one["id"] == "corridor" and one["steps"] >= 8
    assert client.get(one["links"][0]["href"]).status_code == 200
    chinese = client.get("/stories/corridor").get_json()
    english = client.get("/stories/corridor?lang=en").get_json()
    assert chinese["title"] != english["title"]
    for step in (*chinese["steps"], *english["steps"]):
        assert step.keys() == {"title", "text", "state", "sources"}
    assert client.get("/stories/nothing").status_code == 404
    assert client.get("/stories/..%2fcorridor").status_code == 404
    assert client.get("/stories?x=1").status_code == 400
