"""What would end the process runs in one of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import shapely

import cli
from gis.apart import apart
from gis.errors import BadData, BadParameter


def doubled(number: int) -> int:
    return 2 * number


def refused(value: str) -> None:
    raise BadParameter("colour", value, "a colour")


def ended() -> None:
    os._exit(139)


def test_it_returns_what_the_function_returns() -> None:
    assert apart(doubled, 21) == 42


def test_it_raises_what_the_function_raises_whole() -> None:
    with pytest.raises(BadParameter, match="a colour") as caught:
        apart(refused, "loud")
    assert caught.value.name == "colour"


def test_a_process_that_ends_is_an_error_and_no_end() -> None:
    with pytest.raises(BadData, match="ended"):
        apart(ended)


def test_a_geopackage_can_be_built_in_after_spatialite_has_been_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second build opens the database before it reads the department's file."""
    import geopandas

    folder = tmp_path / "layers"
    folder.mkdir()
    frame = geopandas.GeoDataFrame({"名称": ["甲"]}, geometry=[shapely.Point(114.4, 30.5)], crs="EPSG:4326")
    frame.to_file(folder / "ponds.gpkg", driver="GPKG")
    assert cli.main(["declare", str(folder / "ponds.gpkg"), "-o", str(folder)]) == 0
    arguments = ["build", "--database", f"sqlite:///{tmp_path / 'c.sqlite'}", "--layers", str(folder)]
    assert cli.main(arguments) == 0
    assert cli.main([*arguments, "--force"]) == 0
    assert "ponds: 1 features" in capsys.readouterr().err
