#!/usr/bin/env bash
# What the tests need besides Python: bubblewrap, which confines the code of models, and Chromium, which agents browse
# with.
#
# Installs Debian's packages where it may, as root with apt. Elsewhere it says what is missing and leaves the tests to
# what there is: Landlock on Linux, Seatbelt on macOS.
set -euo pipefail

missing=()
command -v bwrap >/dev/null || missing+=(bubblewrap util-linux)
command -v chromium >/dev/null || missing+=(chromium)
if ((${#missing[@]} == 0)); then exit 0; fi
if [[ $(uname -s) != Linux ]]; then
    echo "no bubblewrap on $(uname -s): code is confined by what the system has" >&2
elif [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -q >&2 && apt-get install -q -y --no-install-recommends "${missing[@]}" >&2; then exit 0; fi
    echo "${missing[*]} could not be installed: the tests that need it will say so" >&2
else
    echo "${missing[*]} missing, and only root can install it, with apt-get: the tests that need it will say so" >&2
fi
