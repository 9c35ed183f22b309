"""The service as it runs, asked by whoever means no good: problem documents, no fault, no dead worker."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

import cli
from gis.config import Settings
from gis.database import open_store
from tests.conftest import publish

ITEMS = "/collections/wells/items"
RUN = """
import sys
import cli
from gis.config import Settings
from gis.layer import Catalog
from tests.conftest import WELLS
cli.run_server(Settings(database=sys.argv[1]), Catalog([WELLS]), "127.0.0.1", int(sys.argv[2]))
"""


@dataclass(frozen=True)
class Server:
    """A running service: its process, and the port where it answers."""

    process: subprocess.Popen[bytes]
    port: int

    def workers(self) -> set[str]:
        """The ids of its worker processes."""
        pid = self.process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def ask(self, path: str, *headers: str, method: str = "GET", body: bytes = b"") -> tuple[int, str, bytes]:
        """Status, media type and body of the answer to a request that is sent as it stands."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return self.say("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body)

    def say(self, message: bytes) -> tuple[int, str, bytes]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(message)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        kind = re.search(rb"(?im)^content-type: ([^;\r]*)", head)
        return int(head.split(b" ")[1]), kind[1].decode() if kind else "", body


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service in processes of its own, as `corridor serve` runs it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('server') / 'corridor.sqlite'}"
    store = open_store(Settings(database=url))
    publish(store)
    store.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, url, str(port)], cwd=root, stderr=subprocess.DEVNULL
    )
    _wait(port)
    started = Server(process, port)
    while len(started.workers()) < cli.WORKERS:
        time.sleep(0.1)
    time.sleep(1)
    yield started
    process.terminate()
    process.wait(timeout=30)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the service did not start")


def problem(answer: tuple[int, str, bytes]) -> int:
    """The status of what must be a problem document."""
    status, kind, body = answer
    assert kind == "application/problem+json", answer
    assert json.loads(body)["status"] == status
    return status


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /\xef\xbc\x91 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_gets_a_problem_document_too(server: Server, message: bytes, status: int) -> None:
    assert problem(server.say(message)) == status


FILTERS = [
    "(" * 1000 + "1=1" + ")" * 1000,
    "NOT " * 1000 + "1=1",
    "1=1 OR " * 500 + "1=1",
    "CASEI(" * 300 + "name" + ")" * 300 + "='a'",
    "1" + "+1" * 1000 + "=1",
    "depth" + "^2" * 300 + ">1",
    "name='a\x00b'",
    "pg_sleep(9)=1",
    "load_extension('x')=1",
    "name=name;DROP TABLE layer_wells",
    "S_INTERSECTS(geometry,POINT(1e999 0))",
    "S_INTERSECTS(geometry,POLYGON((0 0,1 1,1 0,0 1,0 0)))",
    "'" * 999,
    "\\" * 999,
]
BODIES = [
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"[" * 50_000,
    b'{"x":"\\ud800"}',
    b'{"\\ud800":1}',
    b'{"sheet":"../../etc/passwd"}',
    b'{"circle":["\\ud800",1,2]}',
    b'{"type":"Polygon","coordinates":[[[0,0],[1e999,0],[0,1],[0,0]]]}',
    b"\xff\xfe",
    b"null",
]
VALUES = [
    "%ff",
    "%00",
    "%",
    "%0d%0aX-Evil:%201",
    "NaN",
    "-inf",
    "1e999",
    "%ed%a0%80",
    "9" * 400,
    "%D9%A3",
    "';--",
]


def test_nothing_that_is_sent_ends_a_worker(server: Server) -> None:
    workers = server.workers()
    for predicate in FILTERS:
        status = server.ask(f"{ITEMS}?limit=1&filter={quote(predicate)}")[0]
        assert status in (200, 400), predicate[:80]
    for body in BODIES:
        for path in ("/summary", "/print"):
            assert problem(server.ask(path, method="POST", body=body)) in (400, 404), body[:80]
    for value in VALUES:
        for name in (
            "limit",
            "offset",
            "bbox",
            "datetime",
            "crs",
            "properties",
            "sortby",
            "f",
            "city",
            value,
        ):
            status, _kind, body = server.ask(f"{ITEMS}?{name}={value}")
            assert status in (200, 400) and b"Traceback" not in body, (name, value)
        for path in (f"{ITEMS}/{value}", f"/collections/{value}/items", f"/tiles/{value}/0/0/0", f"/{value}"):
            assert problem(server.ask(path)) in (400, 404), path
    assert server.workers() == workers


@pytest.mark.parametrize(
    "header",
    [
        "Accept: text/html;q=x",
        f"Accept: {'a/b,' * 1500}",
        'If-None-Match: "',
        f"If-None-Match: {'W/,' * 500}",
        "Accept-Encoding: gzip;q=much",
        "X-Forwarded-Prefix: //elsewhere.example",
        'X-Forwarded-Host: x"><script>',
        "Range: bytes=0-1",
        "Cookie: a=\udcff",
    ],
)
def test_a_strange_header_does_no_harm(server: Server, header: str) -> None:
    status, _kind, body = server.ask(f"{ITEMS}?limit=1", header)
    assert status in (200, 400)
    assert b'"><script>' not in server.ask("/collections?f=html", header)[2]
    assert json.loads(body)


def test_no_header_can_be_smuggled_in(server: Server) -> None:
    for path in (
        f"{ITEMS}?f=%0d%0aSet-Cookie:%20a=1",
        "/collections/wells/filter?name=%0d%0aSet-Cookie:%20a=1",
    ):
        message = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
            line.sendall(message.encode())
            head = b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")[0]
        assert b"\r\nSet-Cookie" not in head
