#!/usr/bin/env bash
# Measures the service beside TiPg and pygeoapi, on a PostGIS of its own and data made from a seed. All of it
# stays in var/bench: the second time it is only measured. Arguments go to tools/bench.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=var/bench
memory=1GB # of the database's own; Debian's 128MB would measure the system's file cache

tools/system.sh venv spatialite postgis
mkdir -p "$folder"

# One environment for each peer, made anew when its pins change.
for peer in tipg pygeoapi; do
  pins=tools/bench/peers/$peer.txt
  if ! cmp -s "$pins" "$folder/$peer/pins"; then
    echo "pip: installing $pins into $folder/$peer" >&2
    "${PYTHON:-python3}" -m venv --clear "$folder/$peer"
    "$folder/$peer/bin/python" -m pip --disable-pip-version-check -qq install --requirement "$pins"
    cp "$pins" "$folder/$peer/pins"
  fi
done

trap 'tools/postgis.sh stop "$folder/postgis"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
url=$(tools/postgis.sh start "$folder/postgis")
if [[ $(psql "$url" -Atqc 'SHOW shared_buffers') != "$memory" ]]; then
  psql "$url" -qc "ALTER SYSTEM SET shared_buffers = '$memory'"
  tools/postgis.sh stop "$folder/postgis"
  url=$(tools/postgis.sh start "$folder/postgis")
fi
.venv/bin/python -m tools.bench "$folder" "$url" "$@"
