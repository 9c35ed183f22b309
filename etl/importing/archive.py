"""Zip files that a user gives: looked through before anything is taken out of them."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from gis.errors import BadData

MOST_BYTES = 2 * 2**30  # unpacked, of all files of an archive
MOST_FILES = 1000
MOST_TIMES = 500  # as large as packed, when that is more than a trifle
_TRIFLE = 64 * 2**20
_ARCHIVES = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar")


def unpack(file: Path, folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Take the files with these suffixes out of a zip, flat into a folder. Raises `BadData`."""
    found = []
    with opened(file) as archive:
        for info in archive.infolist():
            name = PurePosixPath(info.filename).name
            if info.is_dir() or not name.lower().endswith(suffixes):
                continue
            target = folder / name
            if target.exists():
                raise BadData(file.name, f"holds {name!r} in several folders: expected each file once")
            target.write_bytes(_content(file, archive, info))
            found.append(target)
    return found


def opened(file: Path) -> zipfile.ZipFile:
    """A zip whose list of contents is harmless. Raises `BadData` saying which entry is not."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BadData(file.name, "not a zip file, or a damaged one") from None
    try:
        _check(file, archive.infolist())
    except BadData:
        archive.close()
        raise
    return archive


def _content(file: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # No more is read than the list of contents says, which has been looked at.
    try:
        with archive.open(info) as entry:
            return entry.read(info.file_size + 1)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        MemoryError,
    ) as error:
        raise BadData(f"{file.name}, {info.filename!r}", f"cannot be unpacked: {error}") from None
    except Exception as error:  # zlib.error and lzma.LZMAError have no common ancestor
        raise BadData(f"{file.name}, {info.filename!r}", f"cannot be unpacked: {error}") from None


def _check(file: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise BadData(file.name, f"holds {len(entries)} files: expected {MOST_FILES} at most")
    for info in entries:
        reason = _fault(info)
        if reason:
            raise BadData(f"{file.name}, {info.filename!r}", reason)
    size, packed = sum(info.file_size for info in entries), sum(info.compress_size for info in entries)
    if size > MOST_BYTES or size > max(_TRIFLE, MOST_TIMES * packed):
        raise BadData(
            file.name,
            f"would unpack from {packed:,} to {size:,} bytes: expected {MOST_BYTES:,} at most, "
            f"and no more than {MOST_TIMES} times its size",
        )


def _fault(info: zipfile.ZipInfo) -> str:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename or "\0" in info.orig_filename:
        return "leads out of the archive: expected names of files in it"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link: expected files"
    if info.flag_bits & 0x1:
        return "is encrypted: expected a file that can be read"
    if path.suffix.lower() in _ARCHIVES:
        return "is an archive in the archive: unpack it first"
    return ""
