#!/usr/bin/env bash
# A private PostgreSQL with PostGIS on a free port of 127.0.0.1, for tests and for trying things.
#
#   tools/postgis.sh start DIR    makes or wakes the cluster of DIR; prints its URL
#   tools/postgis.sh url DIR      prints the URL of the running cluster; fails when none runs
#   tools/postgis.sh stop DIR     stops it; the data stay
#   tools/postgis.sh remove DIR   stops it and deletes it with its data
#
# Whoever is on this machine can connect (trust), and a power cut can lose data (fsync is off): it is
# not for production.
#
# PostgreSQL refuses to run as root, so root gives the cluster to the user `postgres`, or `nobody`.
# Where that user cannot reach DIR, the data lie in a folder of its own that the link DIR/data names.
set -euo pipefail
PATH=$PATH:/usr/sbin # runuser, which root does not find everywhere

name=corridor # the database, and its superuser
seconds=60    # the longest wait for the server

fail() {
  echo "postgis: $*" >&2
  exit 1
}

# The programs of the newest PostgreSQL that has PostGIS.
programs() {
  local control version
  control=$(compgen -G '/usr/share/postgresql/*/extension/postgis.control' | sort -V | tail -n 1) ||
    fail "no PostgreSQL with PostGIS is installed: run tools/system.sh postgis"
  version=$(basename "${control%/extension/*}")
  echo "/usr/lib/postgresql/$version/bin"
}

# Runs a command as the user to whom the cluster belongs.
as_owner() {
  if [[ $EUID == 0 ]]; then
    (cd / && runuser -u "$owner" -- "$@")
  else
    "$@"
  fi
}

server() {
  as_owner "$bin/pg_ctl" -s -D "$data" -w -t "$seconds" "$@"
}

running() {
  [[ -f $data/postmaster.pid ]] && server status >/dev/null 2>&1
}

url() {
  running || fail "no server runs in $folder"
  echo "postgresql://$name@127.0.0.1:$(sed -n 4p "$data/postmaster.pid")/$name"
}

ask() {
  "$bin/psql" -h 127.0.0.1 -p "$1" -U "$name" -d "$2" -qXw -v ON_ERROR_STOP=1 -c "$3" >/dev/null
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A folder that the owner can reach and no other reads.
make_data() {
  mkdir -p "$folder"
  if [[ $EUID != 0 ]]; then
    mkdir -p "$folder/data"
    chmod 700 "$folder/data"
    return
  fi
  install -d -o "$owner" -m 700 "$folder/data"
  as_owner test -w "$folder/data" && return
  rmdir "$folder/data"
  local elsewhere
  elsewhere=$(mktemp -d /tmp/corridor-postgis.XXXXXX)
  chown "$owner" "$elsewhere"
  ln -s "$elsewhere" "$folder/data"
}

make_cluster() {
  delete_data
  make_data
  data=$(realpath "$folder/data")
  as_owner "$bin/initdb" -D "$data" -U "$name" -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  as_owner tee -a "$data/postgresql.conf" >/dev/null <<-'END'
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	fsync = off
	synchronous_commit = off
	full_page_writes = off
	jit = off
	END
}

# The port is free when it is chosen and may be taken when it is used: then another one.
wake() {
  local attempt
  for attempt in 1 2 3; do
    port=$(free_port)
    server -l "$data/server.log" -o "-p $port" start </dev/null >/dev/null 2>&1 && return
  done
  tail -n 5 "$data/server.log" >&2 || true
  fail "the server in $folder does not start (tried $attempt times)"
}

start() {
  if ! running; then
    [[ -e $folder/complete ]] || make_cluster
    wake
    [[ -e $folder/complete ]] || fill
  fi
  url
}

fill() {
  ask "$port" postgres "CREATE DATABASE $name"
  ask "$port" "$name" "CREATE EXTENSION postgis"
  touch "$folder/complete"
}

stop() {
  if running; then server -m fast stop; fi
}

delete_data() {
  stop
  rm -rf "$data" "$folder/data" "$folder/complete"
}

[[ $# == 2 && $1 =~ ^(start|url|stop|remove)$ ]] || fail "usage: $0 start|url|stop|remove DIR"
folder=$(realpath -m "$2")
[[ -e $folder/data || $1 == start ]] || { [[ $1 != url ]] || fail "no server runs in $folder"; exit 0; }
data=$(realpath -m "$folder/data")
owner=$(id -un postgres 2>/dev/null || echo nobody)
bin=$(programs)
case $1 in
  remove)
    delete_data
    rmdir "$folder" 2>/dev/null || true ;;
  *) "$1" ;;
esac
