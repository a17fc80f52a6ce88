#!/usr/bin/env bash
# A private Postgres server for tests: a cluster in a folder of its own, on a free port, with a random password.
#
#   scripts/postgres.sh serve [SETTING=VALUE…]   prints the URL, then obeys lines on its input: stop, start, kill
#   scripts/postgres.sh install                  installs Debian's package, as root
#
# The server ends, and its folder goes, when the input ends. `serve` installs what is missing where it may: as root, with
# apt. Exits with 3, saying why, where there is no Postgres and none can be installed.
set -euo pipefail

find_binaries() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) "$(dirname "$(command -v initdb || echo /none/x)")"; do
        if [[ -x $folder/initdb && -x $folder/pg_ctl ]]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

install() {
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        echo "there is no Postgres server, and only root can install one, with apt-get" >&2
        exit 3
    fi
    {
        export DEBIAN_FRONTEND=noninteractive
        apt-get update && apt-get install -y --no-install-recommends postgresql-common
        mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/tercet.conf
        apt-get install -y --no-install-recommends postgresql
    } >&2 || { echo "Postgres could not be installed" >&2; exit 3; }
}

as_owner() { # the server refuses to run as root
    if [[ $(id -u) == 0 ]]; then
        (cd / && exec setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@")
    else
        "$@"
    fi
}

control() { as_owner "$binaries/pg_ctl" -D "$folder/data" -s -w -t 60 "$@" </dev/null >&2; }

serve() {
    binaries=$(find_binaries) || { install; binaries=$(find_binaries); }
    owner=$(id -un postgres 2>/dev/null || id -un nobody)
    folder=$(mktemp -d "${TMPDIR:-/tmp}/tercet-postgres.XXXXXX")
    trap 'control stop -m immediate 2>/dev/null || true; rm -rf "$folder"' EXIT
    trap 'exit 1' INT TERM HUP
    local password
    password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    echo "$password" >"$folder/password"
    if [[ $(id -u) == 0 ]]; then chown -R "$owner" "$folder"; fi
    as_owner "$binaries/initdb" -D "$folder/data" -U tercet --pwfile="$folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync </dev/null >/dev/null
    local setting
    for setting in "listen_addresses='127.0.0.1'" "unix_socket_directories=''" "max_connections=200" \
        "shared_buffers='32MB'" "$@"; do
        echo "$setting" >>"$folder/data/postgresql.conf"
    done
    local port attempt
    for attempt in 1 2 3 4 5; do # another program may take the port before the server does
        port=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 12000)))
        echo "port=$port" >>"$folder/data/postgresql.conf"
        if control start -l "$folder/log" 2>/dev/null; then break; fi
        if [[ $attempt == 5 ]]; then cat "$folder/log" >&2; exit 1; fi
    done
    echo "postgresql://tercet:$password@127.0.0.1:$port/postgres"
    local word
    while read -r word; do
        case $word in
        stop) control stop -m fast ;;
        kill) control stop -m immediate ;;
        start) control start -l "$folder/log" ;;
        *) echo "unknown word '$word'" >&2 && exit 2 ;;
        esac
        echo "$word"
    done
}

case ${1:-} in
serve) shift && serve "$@" ;;
install) find_binaries >/dev/null || install ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
