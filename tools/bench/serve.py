"""This service over the layers of the benchmark: python -m tools.bench.serve DATABASE PORT"""

from __future__ import annotations

import sys

import cli
from gis.config import Settings
from gis.layer import Catalog
from tools.bench.data import CONTENTS

if __name__ == "__main__":
    cli.run_server(Settings(database=sys.argv[1]), Catalog(CONTENTS), "127.0.0.1", int(sys.argv[2]))
