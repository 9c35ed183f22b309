"""What GDAL reads. Imported in a process of its own alone, see `gis.apart`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from gis.errors import BadData


def read(path: Path, name: str, part: str, driver_options: tuple[tuple[str, str], ...]) -> Any:
    """What GDAL reads, in a process of its own: the table, the system, the geometry's column, the row numbers."""
    # Else our field `visibility` is taken for the flag by which KML hides a placemark.
    pyogrio.set_gdal_config_options({"LIBKML_VISIBILITY_FIELD": "kml_visibility"})
    try:
        layers = [str(layer) for layer, kind in pyogrio.list_layers(path) if kind is not None]
        if part and part not in layers:
            raise BadData(name, f"no layer {part!r}: it has {', '.join(layers) or 'none'}")
        if len(layers) > 1 and not part:
            raise BadData(name, f"several layers, {', '.join(layers)}: name one by --part")
        wanted = part or (layers[0] if layers else None)
        meta, table = pyogrio.raw.read_arrow(path, layer=wanted, return_fids=True, **dict(driver_options))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pa.ArrowException) as error:
        raise BadData(name, f"cannot be read: {str(error).partition(chr(10))[0]}") from None
    except UnicodeDecodeError:
        raise BadData(name, "its texts are in another encoding than it says: name it by --encoding") from None
    fids, geometry = meta["fid_column"] or "OGC_FID", meta["geometry_name"] or "wkb_geometry"
    numbers = table.column(fids).to_numpy() if fids in table.column_names else None
    return table.drop_columns([fids]) if numbers is not None else table, meta["crs"], geometry, numbers
