"""Running a function in a process of its own.

SQLite loads mod_spatialite so that its libraries' names are seen by all that is loaded later. GDAL brings a
SQLite of its own; where it meets the other's it ends the process (measured: reading or writing a GeoPackage
after a SpatiaLite connection was opened is a segmentation fault). So whatever uses GDAL runs here.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import ParamSpec, TypeVar

from gis.errors import BadData

P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of a module returns for these arguments, computed in a fresh process.

    Raises what the function raises, or `BadData` when the process ends before it is done.
    """
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as executor:
        try:
            return executor.submit(function, *args, **kwargs).result()
        except BrokenProcessPool:
            what = ", ".join(str(arg) for arg in args if isinstance(arg, str | Path)) or function.__name__
            raise BadData(what, "the process that worked on it ended; is the file damaged?") from None
