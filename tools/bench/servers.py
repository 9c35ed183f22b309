"""The services that are measured: each started with two workers on a free port, and stopped again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from tools.bench.data import CONTENTS

OURS = "corridor"
PEERS = ("TiPg", "pygeoapi")
WORKERS = 2
_PATIENCE_S = 60
_MOST = 10_000


@dataclass(frozen=True)
class Server:
    """A running service. `tile` is the form of the path of a tile, `plain` turns a layer's id into a collection's."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    collection: str = "{}"
    tile: str = "/collections/{collection}/tiles/WebMercatorQuad/{z}/{y}/{x}"

    def peaks_mb(self) -> list[int]:
        """The most memory that each worker has had at any time, MB."""
        return [_peak_mb(pid) for pid in _workers(self.process.pid)]


@contextmanager
def ours(database: str, folder: Path) -> Iterator[Server]:
    """This service, as `corridor serve` starts it, over the layers of the benchmark."""
    port = free_port()
    command = [sys.executable, "-m", "tools.bench.serve", database, str(port)]
    with _running(OURS, port, command, {}, folder) as process:
        yield Server(OURS, port, process)


@contextmanager
def shipped(folder: Path) -> Iterator[Server]:
    """This service over what it is shipped with, in an embedded store."""
    port = free_port()
    url = f"sqlite:///{folder / 'shipped.sqlite'}"
    command = [sys.executable, "-m", "cli", "serve", "--database", url, "--port", str(port)]
    with _running(OURS, port, command, {}, folder) as process:
        yield Server(OURS, port, process)


@contextmanager
def tipg(database: str, folder: Path) -> Iterator[Server]:
    """TiPg, with the server that its documentation names."""
    port = free_port()
    uvicorn = folder / "tipg" / "bin" / "uvicorn"
    command = [str(uvicorn), "tipg.main:app", "--port", str(port), "--workers", str(WORKERS)]
    settings = {"DATABASE_URL": database, "TIPG_DB_SCHEMAS": '["public"]'}
    with _running("tipg", port, [*command, "--log-level", "warning"], settings, folder) as process:
        tile = "/collections/{collection}/tiles/WebMercatorQuad/{z}/{x}/{y}"
        yield Server("TiPg", port, process, "public.{}", tile)


@contextmanager
def pygeoapi(database: str, folder: Path) -> Iterator[Server]:
    """pygeoapi, with the server that its documentation names."""
    port = free_port()
    programs = folder / "pygeoapi" / "bin"
    config, openapi = folder / "pygeoapi.config.yml", folder / "pygeoapi.openapi.yml"
    config.write_text(json.dumps(_pygeoapi_config(database, port)), encoding="utf-8")  # JSON is YAML
    settings = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    generate = [str(programs / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(openapi)]
    subprocess.run(generate, check=True, env=os.environ | settings, capture_output=True)
    command = [str(programs / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    command += ["--timeout", "600", "--log-level", "warning", "pygeoapi.flask_app:APP"]
    with _running("pygeoapi", port, command, settings, folder) as process:
        yield Server("pygeoapi", port, process)


def _pygeoapi_config(database: str, port: int) -> dict[str, object]:
    url = urlsplit(database)
    address: dict[str, object] = {
        "host": url.hostname,
        "port": url.port,
        "dbname": url.path[1:],
        "user": url.username,
    }
    address |= {"password": url.password or "", "search_path": ["public"]}
    words = {"title": "bench", "description": "bench", "keywords": ["bench"], "url": "http://localhost"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": _MOST},
            "map": {"url": "http://localhost/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": words | {"keywords_type": "theme", "terms_of_service": "none"},
            "license": {"name": "none", "url": "http://localhost"},
            "provider": {"name": "bench", "url": "http://localhost"},
            "contact": {"name": "bench", "email": "bench@localhost"},
        },
        "resources": {layer.id: _pygeoapi_collection(layer.id, address) for layer in CONTENTS},
    }


def _pygeoapi_collection(name: str, address: Mapping[str, object]) -> dict[str, object]:
    provider = {"type": "feature", "name": "PostgreSQL", "data": address, "id_field": "id"}
    return {
        "type": "collection",
        "title": name,
        "description": name,
        "keywords": [name],
        "links": [],
        "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
        "providers": [provider | {"table": name, "geom_field": "geometry"}],
    }


@contextmanager
def _running(
    name: str, port: int, command: list[str], settings: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _await(process, port, folder / f"{name}.log")
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=_PATIENCE_S)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
            connection.request("GET", "/conformance?f=json")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.2)
    raise SystemExit(f"bench: {process.args!r} does not answer; see {log}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _workers(pid: int) -> list[int]:
    """The children that serve: those of uvicorn have a helper of Python's beside them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"resource_tracker" not in _command(child)]


def _command(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024
