#!/usr/bin/env bash
# The whole suite on the real components: installs what is missing, runs a private PostGIS for as long as
# the tests run, and lets no test skip for a missing component. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

components=(postgis chromium gdal)
if [[ -n ${CORRIDOR_TEST_QGIS:-} ]]; then components+=(qgis); fi

# Debian's packages and Python's come at the same time; the environment needs the first three before it.
tools/system.sh venv node spatialite
tools/system.sh "${components[@]}" &
installing=$!
"${MAKE:-make}" --no-print-directory test-environment || { wait "$installing"; exit 1; }
wait "$installing"

folder=$(mktemp -d)
trap 'tools/postgis.sh remove "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
CORRIDOR_TEST_POSTGIS=$(tools/postgis.sh start "$folder")
export CORRIDOR_TEST_POSTGIS CORRIDOR_TEST_REQUIRE_ALL=1
# The documents that the data were read from are no part of the project; where they lie beside it they are used.
export CORRIDOR_TEST_DOCUMENTS=${CORRIDOR_TEST_DOCUMENTS:-../shared/documents}
# A file goes to one process: what its tests share is made once.
.venv/bin/python -m pytest --numprocesses "$(nproc)" --dist loadfile "$@"
