"""The settings of a service, read from the environment by the entry point and handed down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gis.basemaps import Basemap, load
from gis.errors import BadSettings
from gis.geocoding import GeocodingService, services

_YES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


@dataclass(frozen=True)
class Settings:
    """What differs between one installation and another.

    database        SQLAlchemy URL: `sqlite:///FILE` (SpatiaLite) or `postgresql://…` (PostGIS)
    layers_folder   folder of TOML declarations with their data beside them, or None
    base_url        public URL of the service root, "" to take it from the request
    map_approval    审图号 of the published map; "" marks every map 内部资料 未经审图
    internal        whether features marked `internal` are served
    spatialite      name or path of the SpatiaLite module
    basemaps        basemaps of other services; none unless a file names them
    geocoders       geocoding services in the order in which they are asked; none unless listed
    imports_folder  folder of the files that users have imported, or None for the one beside the database
    geocode_cache   folder that keeps what these services answered
    """

    database: str = "sqlite:///var/corridor.sqlite"
    layers_folder: Path | None = None
    base_url: str = ""
    map_approval: str = ""
    internal: bool = False
    spatialite: str = "mod_spatialite"
    basemaps: tuple[Basemap, ...] = ()
    geocoders: tuple[GeocodingService, ...] = ()
    geocode_cache: Path = Path("var/geocode")
    imports_folder: Path | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings of `CORRIDOR_…` variables. Raises `BadSettings` naming the variable and its value."""
        folder, basemaps = environ.get("CORRIDOR_LAYERS", ""), environ.get("CORRIDOR_BASEMAPS", "")
        return cls(
            database=environ.get("CORRIDOR_DATABASE") or cls.database,
            layers_folder=_folder("CORRIDOR_LAYERS", folder) if folder else None,
            base_url=_url("CORRIDOR_BASE_URL", environ.get("CORRIDOR_BASE_URL", "")),
            map_approval=environ.get("CORRIDOR_MAP_APPROVAL", "").strip(),
            internal=_flag("CORRIDOR_INTERNAL", environ.get("CORRIDOR_INTERNAL", "")),
            spatialite=environ.get("CORRIDOR_SPATIALITE") or cls.spatialite,
            basemaps=load(Path(basemaps), environ) if basemaps else (),
            geocoders=services(environ),
            imports_folder=Path(kept) if (kept := environ.get("CORRIDOR_IMPORTS", "")) else None,
            geocode_cache=Path(environ.get("CORRIDOR_GEOCODE_CACHE") or cls.geocode_cache),
        )

    @property
    def imports(self) -> Path:
        """The folder of imports: the one that is named, else beside the file of the database, else in `var`."""
        if self.imports_folder:
            return self.imports_folder
        file = self.database.removeprefix("sqlite:///")
        return (Path(file).parent if file != self.database else Path("var")) / "imports"


def _folder(name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise BadSettings(name, value, "an existing folder")
    return path


def _url(name: str, value: str) -> str:
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
        raise BadSettings(name, value, "a URL such as https://example.gov.cn/corridor")
    return value.rstrip("/")


def _flag(name: str, value: str) -> bool:
    try:
        return _YES[value.strip().lower()]
    except KeyError:
        raise BadSettings(name, value, "1 or 0") from None
