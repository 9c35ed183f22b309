"""The command: one clear line for what goes wrong, an exit code that scripts can trust."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from gis.config import Settings
from gis.database import open_store


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def one_line(error: str) -> bool:
    return error.startswith("corridor: ") and error.count("\n") == 1


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_wrong_database_is_one_line(capsys: pytest.CaptureFixture[str], url: str) -> None:
    code, _out, error = run(capsys, "build", "--database", url)
    assert code == 1 and one_line(error)
    assert url.partition(":")[0] in error


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        database = f"sqlite:///{tmp_path / 'c.sqlite'}"
        code, _out, error = run(capsys, "serve", "--port", str(port), "--database", database)
    assert code == 1 and one_line(error)
    assert str(port) in error and f"--port {port + 1}" in error
    assert not (tmp_path / "c.sqlite").exists()


def test_a_port_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, _out, error = run(capsys, "serve", "--port", "70000")
    assert code == 1 and one_line(error) and "70000" in error


def test_a_missing_extension_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRIDOR_SPATIALITE", "no_such_module")
    code, _out, error = run(capsys, "build", "--database", f"sqlite:///{tmp_path / 'c.sqlite'}")
    assert code == 1 and error.splitlines()[-1].startswith("corridor: no_such_module")
    assert "apt-get install" in error
    assert not (tmp_path / "c.sqlite").exists()


def test_a_folder_of_layers_that_is_missing_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _out, error = run(capsys, "build", "--layers", str(tmp_path / "none"))
    assert code == 1 and one_line(error) and "CORRIDOR_LAYERS" in error


def test_a_contradiction_in_a_declaration_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'c.sqlite'}"
    folder = tmp_path / "layers"
    folder.mkdir()
    assert cli.main(["build", "--database", database]) == 0
    before = (tmp_path / "c.sqlite").read_bytes()
    (folder / "ponds.toml").write_text(
        'id = "ponds"\ntitle = "池塘"\ngeometry = "Circle"\n', encoding="utf-8"
    )
    capsys.readouterr()
    code, _out, error = run(capsys, "build", "--database", database, "--layers", str(folder))
    assert code == 1 and one_line(error)
    assert "ponds.toml" in error and "geometry" in error
    assert (tmp_path / "c.sqlite").read_bytes() == before


def test_building_twice_does_nothing_the_second_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'c.sqlite'}"
    assert run(capsys, "build", "--database", database)[0] == 0
    code, _out, error = run(capsys, "build", "--database", database)
    assert code == 0 and "up to date" in error
    store = open_store(Settings(database=database))
    with store.read() as connection:
        assert connection.dialect.name == "sqlite"
    store.close()


def test_a_check_prints_json_and_passes_when_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _error = run(capsys, "check", "--json")
    found = json.loads(out)
    assert code == 0 and {one["severity"] for one in found} == {"warning"}
    assert found[0].keys() == {"severity", "layer", "key", "field", "message"}


def test_a_check_that_finds_an_error_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "ponds.toml").write_text(
        'id = "ponds"\ntitle = "池塘"\ngeometry = "Point"\ndata = "ponds.csv"\n[symbol.marker]\ncolor = "#123456"\n',
        encoding="utf-8",
    )
    (tmp_path / "ponds.csv").write_text("name,lon,lat\n甲,114.5,30.5\n乙,0,0\n", encoding="utf-8")
    code, out, _error = run(capsys, "check", "--layers", str(tmp_path))
    assert code == 1
    assert out.startswith("error: ponds/ponds-2: geometry: has a coordinate 0")


def test_output_that_nobody_reads_on_ends_quietly(tmp_path: Path) -> None:
    named = "。".join(f"建设第{number}特种光纤产业园" for number in range(300))
    (tmp_path / "plan.txt").write_text(f"鄂州市创新规划\n一、布局\n{named}\n", encoding="utf-8")
    command = [sys.executable, "-m", "cli", "extract", str(tmp_path / "plan.txt"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert (running.stderr.read(), running.wait(timeout=60)) == (b"", 141)


def test_wrong_usage_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["fly"])
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


ROOT = Path(__file__).parent.parent


def test_a_worker_carries_no_data_frames() -> None:
    seen = (
        "import sys, cli; from gis.config import Settings; from gis.layer import Catalog\n"
        "from gunicorn.app.base import BaseApplication as Base\n"
        "Base.run = lambda server: server.load()\n"
        "cli.run_server(Settings(database='sqlite:///absent.sqlite'), Catalog(()), '127.0.0.1', 0)\n"
        "print([name for name in ('pandas', 'geopandas', 'pyarrow', 'etl.run') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.splitlines()[-1] == "[]"
