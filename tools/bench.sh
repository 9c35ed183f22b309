#!/usr/bin/env bash
# Measures the service beside TiPg and pygeoapi, on a PostGIS of its own and data made from a seed, and the map
# beside plain folium. All of it stays in var/bench: the second time it is only measured. Arguments go to
# tools/bench; with `page` as the first one the map alone is measured, and the others go to tools/bench/page.py.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=var/bench
memory=1GB # of the database's own; Debian's 128MB would measure the system's file cache

tools/system.sh venv spatialite postgis chromium node
mkdir -p "$folder"

# What plain folium's pages load from elsewhere.
pins=tools/bench/peers/folium.txt
if ! cmp -s "$pins" "$folder/folium/pins"; then
  mkdir -p "$folder/folium"
  xargs npm install --silent --no-save --no-audit --no-fund --prefix "$folder/folium" <"$pins"
  cp "$pins" "$folder/folium/pins"
fi
page() { .venv/bin/python -m tools.bench.page "$folder" "$@"; }
if [[ ${1-} == page ]]; then
  shift
  page "" "$@"
  exit
fi

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
page "$url"
.venv/bin/python -m tools.bench.paper "$folder/paper"
