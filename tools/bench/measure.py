"""Times, taken one request after the other: of every service and of the database, in turns."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from http.client import HTTPConnection
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import psycopg

from tools.bench.servers import OURS, Server
from tools.bench.workloads import Ask, Workload, asks

FLOOR = "database"
AGAIN = f"{OURS} again"
_PATIENCE_S = 600
_ACCEPT = "application/geo+json, */*;q=0.5"  # `f` means something else to each service

# Seconds, by workload and column: a server's name, AGAIN for the same request once more, the floor.
Times: TypeAlias = dict[str, dict[str, list[float]]]


def measure(
    workloads: Sequence[Workload], servers: Sequence[Server], database: str = "", *, seed: int
) -> Times:
    """Every round of every workload; who comes first changes from round to round. No database, no floor."""
    times: Times = defaultdict(lambda: defaultdict(list))
    waiting = {workload: list(asks(workload, seed)) for workload in workloads}
    with psycopg.connect(database, autocommit=True) if database else nullcontext() as connection:
        for turn in range(max(workload.rounds for workload in workloads)):
            print(f"bench: round {turn + 1}", file=sys.stderr, flush=True)
            first = turn % len(servers)
            for workload, queue in waiting.items():
                for ask in queue[turn : turn + 1]:
                    _round(times[workload.name], workload, (*servers[first:], *servers[:first]), ask)
                    if connection:
                        times[workload.name][FLOOR].append(_asked_directly(connection, ask))
    return times


def _round(times: dict[str, list[float]], workload: Workload, servers: Iterable[Server], ask: Ask) -> None:
    for server in servers:
        if server.name == OURS or server.name in workload.peers:
            _take(times, server, ask)


def _take(times: dict[str, list[float]], server: Server, ask: Ask) -> None:
    """One request, and of this service the same once more, which shows what is kept. A request that nobody
    measures goes ahead: no connection is paid for."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_S)
    _get(connection, "/conformance")
    answers = []
    for column in (OURS, AGAIN) if server.name == OURS else (server.name,):
        started = time.perf_counter()
        answers.append(list(_answers(connection, ask, server)))
        times[column].append(time.perf_counter() - started)
    connection.close()
    # Only now: an idle connection would be closed.
    for bodies in answers:
        _check(server, ask, bodies)


def _answers(connection: HTTPConnection, ask: Ask, server: Server) -> Iterable[bytes]:
    """The answer to what is asked; every page of it, by its links, where all are asked for."""
    path = ask.path_at(server)
    while path:
        body = _get(connection, path)
        yield body
        path = _next(body) if ask.all_pages else ""


def _get(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Accept": _ACCEPT})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 204):
        raise SystemExit(f"bench: port {connection.port} answers {answer.status} to {path}: {body[:300]!r}")
    return body


def _next(body: bytes) -> str:
    """The path of the next page. Only the part of an answer that may hold links is read: 30 MB of JSON are not
    the service's time."""
    for part in (body[:6000], body[-6000:]):
        start = part.find(b'"links"')
        opened = part.find(b"[", start)
        if start < 0 or opened < 0:
            continue
        links, _ = json.JSONDecoder().raw_decode(part[opened:].decode(errors="replace"))
        href = next((link["href"] for link in links if link["rel"] == "next"), "")
        return urlsplit(href)._replace(scheme="", netloc="").geturl()
    raise SystemExit("bench: an answer without links")


def _check(server: Server, ask: Ask, bodies: Sequence[bytes]) -> None:
    """That the answer has what was asked for."""
    if ask.count is None:
        return
    found = sum(len(json.loads(body)["features"]) for body in bodies)
    if found != ask.count:
        raise SystemExit(f"bench: {server.name} gives {found} features for {ask.path}, not {ask.count}")


def _asked_directly(connection: psycopg.Connection[Any], ask: Ask) -> float:
    started = time.perf_counter()
    connection.execute(ask.sql.encode()).fetchall()
    return time.perf_counter() - started


def median_ms(times: Sequence[float]) -> float:
    """The median, in milliseconds."""
    return statistics.median(times) * 1000


def spread(times: Sequence[float]) -> float:
    """How far the middle half of the times lies apart, as a part of their median."""
    if len(times) < 2:
        return 0.0
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    return (high - low) / statistics.median(times)
