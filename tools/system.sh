#!/usr/bin/env bash
# Installs the Debian packages that pip and npm cannot bring, where something is missing and only then.
#
#   tools/system.sh COMPONENT…
#
#   venv        python3 can make environments           chromium   a browser, and a font with Chinese
#   spatialite  mod_spatialite can be loaded            gdal       ogrinfo
#   node        npm                                     qgis       PyQGIS, which runs without a screen
#   ideographs  the font of which rare ones are cut
#   postgis     a PostgreSQL server that has PostGIS
#
# Without the rights (root, or sudo that asks for no password) or without apt-get it installs nothing,
# says what to install, and fails.
set -euo pipefail

python=${PYTHON:-python3}
spatialite=${CORRIDOR_SPATIALITE:-mod_spatialite}

# Prints the packages that a component lacks. It is asked for by using it, not by a package's name: who
# brought it otherwise is left in peace.
missing() {
  case $1 in
    venv) "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv ;;
    spatialite) loads "$spatialite.so" || loads "$spatialite" || echo libsqlite3-mod-spatialite ;;
    node) command -v node npm >/dev/null || echo nodejs npm ;;
    postgis)
      compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null || echo postgresql-postgis ;;
    chromium)
      command -v chromium >/dev/null || echo chromium
      # Debian's Chromium brings no font that has Chinese: the labels of a screenshot would be empty
      # boxes. MicroHei is the smallest that has all of it (1.6 MB, Noto CJK is 57 MB).
      [[ -n $(fc-list :lang=zh 2>/dev/null) ]] || echo fontconfig fonts-wqy-microhei ;;
    ideographs) [[ -f /usr/share/fonts/truetype/hanazono/HanaMinB.ttf ]] || echo fonts-hanazono ;;
    gdal) command -v ogrinfo >/dev/null || echo gdal-bin ;;
    qgis) QT_QPA_PLATFORM=offscreen /usr/bin/python3 -c 'import qgis.core' 2>/dev/null || echo python3-qgis ;;
    *) fail "unknown component $1; see the head of $0" ;;
  esac
}

loads() {
  "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null
}

fail() {
  echo "system: $*" >&2
  exit 1
}

packages_for() {
  local component
  for component in "$@"; do missing "$component"; done
}

# What to put before a command that needs root, or nothing when there is no such thing.
superuser() {
  if [[ $EUID == 0 ]]; then
    echo env
  elif sudo -n true 2>/dev/null; then
    echo sudo -n
  else
    return 1
  fi
}

install() {
  local log cluster=/etc/postgresql-common/createcluster.d/corridor.conf
  log=$(mktemp)
  echo "system: installing $*" >&2
  # Debian starts a server of its own with the first PostgreSQL; nobody here asked for it.
  "${root[@]}" mkdir -p "${cluster%/*}"
  echo 'create_main_cluster = false' | "${root[@]}" tee "$cluster" >/dev/null
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update </dev/null >"$log" 2>&1 || true
  local status=0
  "${apt[@]}" install --no-install-recommends "$@" </dev/null >>"$log" 2>&1 || status=$?
  "${root[@]}" rm -f "$cluster"
  if [[ $status != 0 ]]; then tail -n 20 "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

[[ $# -gt 0 ]] || fail "name a component; see the head of $0"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  fail "$python is absent or older than 3.11; install Python 3.11 or later, or set PYTHON to one."

wanted=$(packages_for "$@")
read -r -d '' -a packages <<<"$wanted" || true
[[ ${#packages[@]} -gt 0 ]] || exit 0

remedy="as root: apt-get install ${packages[*]}"
command -v apt-get >/dev/null || fail "missing: ${packages[*]} (names of Debian). Install them and try again."
prefix=$(superuser) || fail "missing: ${packages[*]}. Install them and try again, $remedy"
read -r -a root <<<"$prefix"
install "${packages[@]}" || fail "apt-get failed; when it is mended try again, $remedy"
left=$(packages_for "$@")
[[ -z $left ]] || fail "installed, and yet not usable: $left"
