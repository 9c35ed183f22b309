"""Stories: a map told in steps. Each is a Markdown file of `stories/`, of which only this much is read.

    # Title | Title in English
    ## Step | Step in English
    state: the part after `#` of an address of the map
    source: document#section, as often as there are any
    A paragraph.
    > The paragraph in English.

Everything is text: whatever else Markdown knows stands as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from gis.errors import BadData, NotFound
from gis.repository import Source
from webmap import context, geojson, links, params, words

FOLDER = Path(__file__).parent / "stories"

bp = Blueprint("stories", __name__)


@dataclass(frozen=True)
class Step:
    """One view of the map and what is said of it, in Chinese and English. `sources` are `document#section`."""

    title: tuple[str, str]
    state: str
    text: tuple[str, str]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """A title and its steps."""

    id: str
    title: tuple[str, str]
    steps: tuple[Step, ...]


@bp.get("/stories")
def stories() -> Response:
    """The stories that can be played."""
    params.only(request.args)
    english = params.language(request.args) == "en"
    listed = [
        {"id": story.id, "title": story.title[english], "steps": len(story.steps), "links": [_link(story)]}
        for story in shipped().values()
    ]
    return geojson.document({"stories": listed, "links": list(links.here(links.JSON, "Stories"))[:1]})


@bp.get("/stories/<story_id>")
def story(story_id: str) -> Response:
    """One story, step by step."""
    params.only(request.args)
    english = params.language(request.args) == "en"
    if story_id not in shipped():
        raise NotFound("story", story_id, f"known are {', '.join(shipped())}")
    found = shipped()[story_id]
    return geojson.document(
        {
            **_told(found, context.published().sources, itemgetter(english)),
            "links": [_link(found)],
        }
    )


def told(sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """All stories for a page that asks no service, each text in Chinese and English; `sources` are what was published,
    by their ids."""
    return [_told(story, sources, list) for story in shipped().values()]


def _told(
    story: Story, sources: Mapping[str, Source], say: Callable[[tuple[str, str]], object]
) -> dict[str, Any]:
    """A story step by step; `say` makes of a text in both languages what is told."""
    return {
        "id": story.id,
        "title": say(story.title),
        "steps": [
            {
                "title": say(step.title),
                "text": say(step.text),
                "state": step.state,
                "sources": [
                    {"title": one.title, "sections": list(one.sections)}
                    for one in words.citations("|".join(step.sources), sources)
                ],
            }
            for step in story.steps
        ],
    }


def _link(story: Story) -> links.Link:
    return links.link("self", links.url(f"/stories/{story.id}"), links.JSON, story.title[0])


# --- the files -------------------------------------------------------------------------------------


@cache
def shipped() -> dict[str, Story]:
    """The stories of the folder, by the names of their files."""
    return {
        path.stem: read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.md"))
    }


def read(name: str, text: str) -> Story:
    """A story from its text. Raises `BadData` saying what it lacks."""
    head, *parts = ("\n" + text).split("\n## ")
    title = head.strip().removeprefix("# ").strip()
    if not head.strip().startswith("# ") or "\n" in title or not parts:
        raise BadData(name, "a story begins with `# title` and has steps that begin with `## title`")
    return Story(name, _pair(title), tuple(_read_step(name, part) for part in parts))


def _read_step(name: str, text: str) -> Step:
    title, *lines = text.split("\n")
    said = {key: list(_said(key, lines)) for key in ("state", "source")}
    if len(said["state"]) != 1:
        raise BadData(name, f"{title}: a step has one line `state: …`")
    body = [line for line in lines if not line.startswith(("state:", "source:"))]
    return Step(_pair(title), said["state"][0], _paragraphs(name, title, body), tuple(said["source"]))


def _said(key: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith(f"{key}:"):
            yield line.removeprefix(f"{key}:").strip()


def _pair(title: str) -> tuple[str, str]:
    chinese, _, english = title.partition("|")
    return chinese.strip(), english.strip() or chinese.strip()


def _paragraphs(name: str, title: str, lines: list[str]) -> tuple[str, str]:
    """The paragraphs in each language, a blank line between them."""
    blocks = [block.strip() for block in "\n".join(lines).split("\n\n") if block.strip()]
    english = [" ".join(map(_unquoted, block.splitlines())) for block in blocks if block.startswith(">")]
    chinese = ["".join(block.splitlines()) for block in blocks if not block.startswith(">")]
    if not chinese:
        raise BadData(name, f"{title}: a step has a paragraph")
    return "\n\n".join(chinese), "\n\n".join(english or chinese)


def _unquoted(line: str) -> str:
    return line.removeprefix(">").strip()
