"""The folder of imports: each given file as it came, with what was said of it, so that every build has it again.

An import is a folder `LAYER-xxxxxxxx` with `import.json` and the file; the name comes from the layer and the
name of the file, so a changed file of the same name takes the place of its former self. What is begun lies
in a folder whose name begins with a dot, and is nothing until it is renamed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from etl.importing.options import Options
from gis.errors import BadData, BadSettings, Busy, NotFound

_ABOUT, _PLACES, _FILE = "import.json", "places.json", "file"
_SLOTS = 2**20


@dataclass(frozen=True)
class Kept:
    """A file that was imported. `name` is its name as it was given, `path` where it is kept, `slot` what tells
    its ids from those of others, `places` the file of what a geocoder found for its rows, or None."""

    name: str
    layer: str
    sha256: str
    slot: int
    options: Options
    path: Path
    places: Path | None = None

    def __str__(self) -> str:
        o = self.options
        said = [o.crs, o.encoding, o.part, *(f"{column}={field}" for field, column in o.columns.items())]
        told = ", ".join(
            part for part in (*said, o.geocode, "bad rows skipped" if o.skip_bad else "") if part
        )
        return f"{self.layer}: {self.name}, sha256 {self.sha256[:12]}{f' ({told})' if told else ''}"

    @property
    def version(self) -> tuple[object, ...]:
        """What its rows depend on."""
        looked_up = digest(self.places) if self.places else ""
        return self.name, self.layer, self.sha256, self.slot, repr(self.options), looked_up


def kept(folder: Path) -> tuple[Kept, ...]:
    """All imports, in a fixed order. Raises `BadData` for one that has been tampered with."""
    if not folder.is_dir():
        return ()
    found = (one for one in sorted(folder.iterdir()) if one.is_dir() and not one.name.startswith("."))
    return tuple(_read(one) for one in found)


def _read(folder: Path) -> Kept:
    about = folder / _ABOUT
    try:
        told = json.loads(about.read_text("utf-8"))
        options = Options(**told["options"])
        path = folder / _FILE / Path(told["name"]).name
        looked_up = folder / _PLACES
        one = Kept(
            told["name"],
            told["layer"],
            told["sha256"],
            int(told["slot"]),
            options,
            path,
            looked_up if looked_up.exists() else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadData(str(about), f"not the description of an import: {error}") from None
    if not path.is_file() or digest(path) != one.sha256:
        raise BadData(
            str(path), f"is not the file that was imported as {one.name}: import it anew, or remove it"
        )
    return one


def digest(file: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One change at a time. Raises `Busy` when there is another, `BadSettings` when the folder cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise BadSettings(
            "CORRIDOR_IMPORTS", folder, f"a folder that can be written ({error.strerror})"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{folder}: another import is running; wait for it to end.") from None
        for left in folder.glob(".staged-*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


class Change:
    """A change of the imports that can still be undone: `apply` when the version that has it is ready."""

    def __init__(self, folder: Path, staged: Path, target: Path, result: Sequence[Kept]) -> None:
        self._folder, self._staged, self._target = folder, staged, target
        self._former = staged.with_name(f"{staged.name}-former")
        self._applied = False
        self.result = tuple(result)

    def apply(self) -> None:
        """Let the change be what the folder holds."""
        self._applied = True
        if self._target.exists():
            os.rename(self._target, self._former)
        if self._staged.exists():
            os.rename(self._staged, self._target)

    def undo(self) -> None:
        """Let the folder hold what it held."""
        if self._applied:
            if self._target.exists():
                os.rename(self._target, self._staged)
            if self._former.exists():
                os.rename(self._former, self._target)

    def clear(self) -> None:
        """Leave nothing of what is not wanted any more."""
        for left in (self._staged, self._former):
            shutil.rmtree(left, ignore_errors=True)


# Row → longitude, latitude, precision, radius, evidence of those that were looked up; None when none had to be.
LookUp: TypeAlias = Callable[[Kept], Mapping[int, Sequence[object]] | None]


@contextmanager
def added(
    folder: Path, file: Path, layer: str, options: Options, look_up: LookUp = lambda _: None
) -> Iterator[Change]:
    """The change that keeps a file, in the place of a former one of its name in this layer. `look_up` gives
    the places of its rows where they have to be looked up, which is done once."""
    others = [one for one in kept(folder) if (one.layer, one.name) != (layer, file.name)]
    target = folder / f"{layer}-{hashlib.sha256(file.name.encode()).hexdigest()[:8]}"
    staged = Path(tempfile.mkdtemp(prefix=".staged-", dir=folder))
    with _undone_on_failure(folder, staged, target) as make:
        path = staged / _FILE / file.name
        path.parent.mkdir()
        _copy(file, path)
        slot = _slot(target.name, {one.slot for one in others})
        one = Kept(file.name, layer, digest(path), slot, options, path)
        about = {
            "name": one.name,
            "layer": layer,
            "sha256": one.sha256,
            "slot": slot,
            "options": _plain(options),
        }
        (staged / _ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), "utf-8")
        found = look_up(one)
        if found is not None:
            looked_up = staged / _PLACES
            looked_up.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
            one = Kept(one.name, layer, one.sha256, slot, options, path, looked_up)
        yield make([*others, one])


@contextmanager
def removed(folder: Path, name: str, layer: str = "") -> Iterator[Change]:
    """The change that keeps a file no longer. Raises `NotFound`, also when several layers have one of its name."""
    all_kept = kept(folder)
    found = [one for one in all_kept if one.name == name and layer in ("", one.layer)]
    if len(found) != 1:
        known = "; ".join(str(one) for one in all_kept) or "there is none"
        raise NotFound("import", name, f"name one of these, with its layer if need be: {known}")
    (gone,) = found
    target = gone.path.parent.parent
    with _undone_on_failure(folder, folder / f".staged-{target.name}", target) as make:
        yield make([one for one in all_kept if one is not gone])


@contextmanager
def _undone_on_failure(
    folder: Path, staged: Path, target: Path
) -> Iterator[Callable[[Sequence[Kept]], Change]]:
    change = Change(folder, staged, target, ())

    def make(result: Sequence[Kept]) -> Change:
        change.result = tuple(sorted(result, key=lambda one: (one.layer, one.name)))
        return change

    try:
        yield make
    except BaseException:
        change.undo()
        raise
    finally:
        change.clear()


def _plain(options: Options) -> dict[str, object]:
    return {**vars(options), "columns": dict(options.columns)}


def _copy(file: Path, path: Path) -> None:
    try:
        shutil.copyfile(file, path)
    except OSError as error:
        raise BadData(file.name, f"cannot be read: {error.strerror}") from None


def _slot(name: str, taken: set[int]) -> int:
    """A number from the name, the next free one when another import has it already."""
    slot = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % _SLOTS + 1
    while slot in taken:
        slot = slot % _SLOTS + 1
    return slot
