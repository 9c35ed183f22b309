"""The embedded store: how soon a box of it is answered."""

from __future__ import annotations

from pathlib import Path

from tools.bench import servers
from tools.bench.fill import fill_embedded
from tools.bench.measure import Times, measure
from tools.bench.workloads import IN_BOX


def measured(folder: Path, *, seed: int) -> Times:
    """The times of this service over an embedded store."""
    with servers.ours(fill_embedded(folder), folder) as service:
        return measure([IN_BOX], [service], seed=seed)
