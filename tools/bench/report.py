"""What has been measured, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg

from tools.bench.data import COUNTS, PLOTS, SENSORS
from tools.bench.fill import EMBEDDED_POINTS
from tools.bench.measure import AGAIN, FLOOR, Times, median_ms, spread
from tools.bench.servers import OURS, PEERS
from tools.bench.workloads import IN_BOX, Workload

_GOAL_MB, _GOAL_MS = 250, 20


def load() -> float:
    """How many processes have wanted a processor in the last minute."""
    return os.getloadavg()[0]


def machine(database: str, loads: tuple[float, float]) -> Iterator[str]:
    """Where and with what it was measured, and how quiet it was."""
    with psycopg.connect(database) as connection:
        ((postgis,),) = connection.execute("SELECT postgis_lib_version()").fetchall()
        server = connection.info.parameter_status("server_version") or ""
    ours = f"Flask {version('flask')}, SQLAlchemy {version('sqlalchemy')}"
    peers = ", ".join(_pin(name) for name in ("tipg", "pygeoapi"))
    yield f"{_processor()}, {os.cpu_count()} processors; Python {platform.python_version()}; {ours}; {peers};"
    yield f"PostgreSQL {server.split()[0]}, PostGIS {postgis}. Load {loads[0]:.1f} before, {loads[1]:.1f} after."


def _processor() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _pin(name: str) -> str:
    pins = (Path(__file__).parent / "peers" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return next(pin for pin in pins if pin.startswith(f"{name}==")).replace("==", " ")


def speed(workloads: Sequence[Workload], times: Times) -> Iterator[str]:
    """The medians, and how many times as fast as the fastest peer."""
    yield "| milliseconds | first time | once more | TiPg | pygeoapi | database alone | ratio | goal | spread |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for workload in workloads:
        yield _row(workload, times[workload.name])


def _row(workload: Workload, found: Mapping[str, Sequence[float]]) -> str:
    medians = {column: median_ms(taken) for column, taken in found.items()}
    fastest = min((medians[peer] for peer in PEERS if peer in medians), default=None)
    ratios = [_times(fastest, medians[OURS]), _times(fastest, medians[AGAIN])]
    goals = [f"{goal:g}" for goal in (workload.goal, workload.kept_goal) if goal]
    columns = (OURS, AGAIN, *PEERS, FLOOR)
    cells = [_shown(medians.get(column)) for column in columns]
    return _line(
        workload.name, *cells, " / ".join(ratios), " / ".join(goals) or "–", f"±{spread(found[OURS]) / 2:.0%}"
    )


def _times(theirs: float | None, ours: float) -> str:
    return "–" if theirs is None else f"{theirs / ours:.3g} ×"


def _shown(milliseconds: float | None) -> str:
    return (
        "–"
        if milliseconds is None
        else f"{milliseconds:.3g}"
        if milliseconds < 1000
        else f"{milliseconds:,.0f}"
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def memory(peaks: Mapping[str, Sequence[int]]) -> str:
    """The most that a worker has had."""
    told = "; ".join(f"{name} {' and '.join(map(str, found))}" for name, found in peaks.items())
    return f"Most memory of each worker, MB (goal for ours: {_GOAL_MB}): {told}."


def embedded(times: Times) -> str:
    """The embedded store."""
    found = times[IN_BOX.name]
    first, again = median_ms(found[OURS]), median_ms(found[AGAIN])
    return (
        f"Embedded store of {EMBEDDED_POINTS:,} points, {IN_BOX.name}: {first:.1f} ms, once more {again:.1f} ms "
        f"(goal: {_GOAL_MS} ms)."
    )


def loading(taken: Mapping[str, float]) -> str:
    """How long publishing took."""
    return (
        f"Publishing {COUNTS[SENSORS]:,} points {taken[SENSORS.id]:.0f} s, {COUNTS[PLOTS]:,} polygons "
        f"{taken[PLOTS.id]:.0f} s, within {taken['memory']:.0f} MB."
    )
