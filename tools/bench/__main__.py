"""How fast this service is beside TiPg and pygeoapi, on one database that holds the same for all of them.

python -m tools.bench FOLDER DATABASE: FOLDER has the environments of the peers, `tipg` and `pygeoapi`; the
database is a PostGIS of its own. Prints Markdown. `make bench` does all of this.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from tools.bench import bulk, embedded, report, servers
from tools.bench.fill import fill, warm
from tools.bench.measure import measure
from tools.bench.workloads import WORKLOADS


def main() -> None:
    """Fill what is not filled, measure, print."""
    options = _options()
    folder: Path = options.folder.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the services are stopped then too
    if options.bulk:
        print("\n".join(bulk.told(bulk.measured(folder, bulk.database_beside(options.database)))))
        return
    loaded = fill(options.database, folder)
    warm(options.database)
    wanted = [workload for workload in WORKLOADS if options.only in workload.name]
    starts = [servers.ours] if options.alone else [servers.ours, servers.tipg, servers.pygeoapi]
    with ExitStack() as running:
        services = [running.enter_context(start(options.database, folder)) for start in starts]
        quiet = report.load()
        times = measure(wanted, services, options.database, seed=options.seed)
        loads = quiet, report.load()
        memory = {service.name: service.peaks_mb() for service in services}
    print("\n".join(report.machine(options.database, loads)), end="\n\n")
    print("\n".join(report.speed(wanted, times)), end="\n\n")
    print(report.memory(memory))
    print(report.embedded(embedded.measured(folder, seed=options.seed)))
    print(report.loading(loaded), end="\n\n")
    print("\n".join(bulk.told(bulk.measured(folder, bulk.database_beside(options.database)))))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("folder", type=Path)
    parser.add_argument("database")
    parser.add_argument("--only", default="", help="the workloads with this in their names")
    parser.add_argument("--bulk", action="store_true", help="only the import of a million rows of CSV")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument(
        "--seed", type=int, default=1, help="decides what is asked; the data are always the same"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
