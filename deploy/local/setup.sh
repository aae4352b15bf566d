#!/bin/sh
# Installs everything Ciclo needs: system libraries (where root allows), a virtual environment
# with the locked packages, and `ciclo` itself. Safe to repeat; called by `make setup`.
set -eu

venv=$1
oldest=11 # Python 3.11

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Installs Debian packages when root (or sudo without a password) allows; fails otherwise.
install_packages() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then as_root=
    elif sudo -n true 2>/dev/null; then as_root='sudo -n'
    else return 1
    fi
    say "installing $*"
    quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "$@" && return 0
    quietly $as_root apt-get update -qq || return 1
    quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "$@"
}

quietly() {
    output=$("$@" 2>&1 </dev/null) && return 0
    printf '%s\n' "$output" | tail -n 5 >&2
    return 1
}

recent_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v $name >/dev/null && $name -c "
import sys
sys.exit(sys.version_info < (3, $oldest))" 2>/dev/null; then
            command -v $name
            return 0
        fi
    done
    return 1
}

can_load() {
    "$python" - "$@" <<'PROBE' 2>/dev/null
import ctypes
import sys

for name in sys.argv[1:]:
    ctypes.CDLL(name)
PROBE
}

python=$(recent_python) || {
    install_packages python3.$oldest python3.$oldest-venv || true
    python=$(recent_python) ||
        fail "Python 3.$oldest or later is needed: apt-get install python3.$oldest python3.$oldest-venv"
}

if [ ! -x "$venv/bin/python" ]; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        install_packages "python$version-venv" || install_packages python3-venv ||
            fail "the module venv is missing: apt-get install python$version-venv"
    fi
    say "virtual environment in $venv ($("$python" --version))"
    "$python" -m venv "$venv"
fi

# WeasyPrint lays out text with Pango; the wheels do not bring it along.
if [ "$(uname -s)" = Linux ] &&
    ! can_load libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; then
    pango='libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0'
    # shellcheck disable=SC2086 # a list of packages
    install_packages $pango || fail "Pango is needed to make documents: apt-get install $pango"
fi

# Only the tests use these, and those that do are skipped without them.
missing=
command -v pdfsig >/dev/null || missing="$missing poppler-utils"
command -v qpdf >/dev/null || missing="$missing qpdf"
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    install_packages $missing || say "some tests will be skipped without:$missing (apt-get)"
fi

say "packages from requirements/dev.txt"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements/setup.txt
if ! "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes \
    -r requirements/dev.txt; then
    say "uv could not install them, trying pip"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements/dev.txt
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --no-build-isolation --editable .
say "ready: $venv/bin/ciclo"
