"""Printing over HTTP: a sheet is ordered, made by a process of its own, and fetched for an hour.

POST /print            order a sheet: its name, or its description as in a sheet file
GET /print/sheets      the sheets that can be ordered by name
GET /print/{job}       what has become of it
GET /print/{job}/file  the file
DELETE /print/{job}    stop it and forget it

Every worker of the service sees every job: they are folders of one place, each with its state in a file.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_file

from gis import repository
from gis.errors import BadParameter, NotFound, TooMuch
from webmap import context, geojson, links, params
from webmap.paper import compose, content, job, pdf, sheet
from webmap.paper.press import DPI, FORMATS
from webmap.paper.sheet import Atlas, Sheet

bp = Blueprint("prints", __name__)

MOST_AT_ONCE = 2
KEPT_SECONDS = 3600
MOST_KEPT = 200
MOST_BYTES = 256 * 1024

_LOOKS_SECONDS = 0.3  # between two looks whether a job was forgotten
_JOB = re.compile(r"[0-9a-f]{32}\Z")
_ENDED = ("successful", "failed")


@bp.get("/print/sheets")
def sheets() -> Response:
    """The shipped sheets."""
    params.only(request.args)
    found = [{"name": one.name, "title": one.title, "subtitle": one.subtitle} for one in sheet.shipped()]
    return geojson.document({"sheets": found})


@bp.post("/print")
def order() -> Response:
    """Order a sheet; the answer tells where to ask for it."""
    params.only(request.args)
    wanted = _order(_body())
    home = _home()
    _clean(home)
    if sum(_state(folder)["status"] == "running" for folder in home.iterdir()) >= MOST_AT_ONCE:
        raise TooMuch(f"{MOST_AT_ONCE} sheets are being printed; try again in a few seconds.")
    folder = home / secrets.token_hex(16)
    folder.mkdir(mode=0o700)
    _start(folder, wanted)
    answer = geojson.document(_described(folder))
    answer.status_code = 202
    answer.headers["Location"] = f"{links.root()}/print/{folder.name}"
    return answer


@bp.get("/print/<name>")
def status(name: str) -> Response:
    """What has become of a job."""
    params.only(request.args)
    answer = geojson.document(_described(_folder(name)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/print/<name>/file")
def file(name: str) -> Response:
    """The file of a job that is done."""
    params.only(request.args)
    found = _file(_folder(name))
    if found is None:
        raise NotFound("file", name, "the print is not done; its status tells why")
    form = found.suffix.removeprefix(".")
    download = f"corridor-{name[:8]}.{form}"
    return send_file(
        found, mimetype=job.MEDIA_TYPES[form], as_attachment=form != "png", download_name=download
    )


@bp.delete("/print/<name>")
def forget(name: str) -> Response:
    """Forget a job and its file; one that runs is stopped."""
    shutil.rmtree(_folder(name), ignore_errors=True)
    return Response(status=204)


# --- what is ordered ----------------------------------------------------------------------------


def _body() -> Mapping[str, Any]:
    if not request.is_json:
        raise BadParameter("Content-Type", request.content_type or "", "application/json")
    if (request.content_length or 0) > MOST_BYTES:
        raise BadParameter("Content-Length", request.content_length, f"{MOST_BYTES} bytes at most")
    try:
        found = request.get_json(silent=True)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise BadParameter("body", "", "a JSON object with sheet, format and dpi")
    unknown = sorted(found.keys() - {"sheet", "format", "dpi"})
    if unknown:
        raise BadParameter(unknown[0], found[unknown[0]], "no such member; known are sheet, format, dpi")
    return found


def _order(body: Mapping[str, Any]) -> job.Order:
    """The order of a request, checked as far as it can be before anything is drawn."""
    form, dpi = body.get("format", "pdf"), body.get("dpi", DPI)
    if form not in FORMATS:
        raise BadParameter("format", form, f"one of {', '.join(FORMATS)}")
    if isinstance(dpi, bool) or not isinstance(dpi, int):
        raise BadParameter("dpi", dpi, "a whole number")
    asked = _asked(body.get("sheet"))
    if isinstance(asked, Atlas) and form != "pdf":
        raise BadParameter("format", form, "pdf for an atlas")
    if isinstance(asked, Sheet) and form == "png":
        pdf.check_dpi(*asked.size, dpi)
    texts = partial(repository.texts, context.connection())
    internal = context.settings().internal
    drawn = content.read(context.published(), context.catalog(), texts, internal=internal)
    if isinstance(asked, Sheet):
        compose.check(asked, drawn)
    return job.Order(asked, form, dpi, drawn)


def _asked(wanted: object) -> Sheet | Atlas:
    if isinstance(wanted, str) and not wanted.endswith(".toml"):
        return sheet.load(wanted, context.catalog())
    if isinstance(wanted, dict):
        asked = sheet.parse("print", wanted, context.catalog())
        approval = context.settings().map_approval
        return sheet.with_standing(asked, approval)
    raise BadParameter("sheet", str(wanted), "the name of a sheet, or its description")


# --- the jobs -----------------------------------------------------------------------------------


def _home() -> Path:
    """The place of the jobs: a folder of our own that nobody else can enter."""
    home = Path(tempfile.gettempdir()) / f"corridor-print-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.getuid():
        raise TooMuch(f"{home} is not the service's own; remove it.")
    return home


def _folder(name: str) -> Path:
    folder = _home() / name
    if not _JOB.match(name) or not folder.is_dir():
        raise NotFound("print", name, f"a print is kept for {KEPT_SECONDS // 60} minutes")
    return folder


def _file(folder: Path) -> Path | None:
    return next((path for path in folder.glob("sheet.*") if path.suffix != ".part"), None)


def _clean(home: Path) -> None:
    """Remove what is old, and the oldest of what is too much."""
    folders = sorted(home.iterdir(), key=_age)
    for number, folder in enumerate(folders):
        if _age(folder) > KEPT_SECONDS or number >= MOST_KEPT:
            shutil.rmtree(folder, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _state(folder: Path) -> dict[str, Any]:
    """What a job says of itself; one that has said nothing for long has died."""
    try:
        state: dict[str, Any] = json.loads((folder / job.STATE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        state = {"status": "running", "progress": ""}
    if state["status"] not in _ENDED and _age(folder) > 2 * job.SECONDS:
        return {"status": "failed", "progress": _DIED}
    return state


_DIED = (
    "The print needed more time or memory than it may have; choose a smaller paper, fewer layers or less dpi."
)


def _described(folder: Path) -> dict[str, Any]:
    here = f"{links.root()}/print/{folder.name}"
    found = [{"rel": "self", "href": here, "type": links.JSON, "title": "status"}]
    path = _file(folder)
    if path is not None:
        kind = job.MEDIA_TYPES[path.suffix.removeprefix(".")]
        found.append({"rel": "enclosure", "href": f"{here}/file", "type": kind, "title": "file"})
    return {"id": folder.name, **_state(folder), "links": found}


def _start(folder: Path, wanted: job.Order) -> None:
    job.tell(folder, status="running", progress="")
    process = subprocess.Popen(
        [sys.executable, "-m", "webmap.paper.job", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    threading.Thread(target=_watch, args=(folder, process, pickle.dumps(wanted)), daemon=True).start()


def _watch(folder: Path, process: subprocess.Popen[bytes], order_: bytes) -> None:
    """Hand a process its order and wait for it; when it dies or is forgotten, nothing of it is left."""
    assert process.stdin is not None
    with suppress(OSError), process.stdin:  # a process that has died reads nothing
        process.stdin.write(order_)
    end = time.monotonic() + 2 * job.SECONDS
    while process.poll() is None:
        try:
            process.wait(_LOOKS_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end or not folder.is_dir():
                process.kill()
    if folder.is_dir() and process.returncode != 0:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        job.tell(folder, status="failed", progress=_DIED)
