#!/usr/bin/env bash
# The Python package for one platform, with the program inside: release/wheel.sh TARGET [DIR]
#
# One wheel serves Python 3.10 and all later ones. Linux's are for every system with a C library from 2014 on
# (manylinux2014): Zig brings that library, from the package index as maturin does.
set -euo pipefail
cd "$(dirname "$0")/.."
. release/toolchain.sh
target=${1:?usage: release/wheel.sh TARGET [DIR]}
to=$(realpath -m "${2:-${CARGO_TARGET_DIR:-target}/release-files}")
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/release-tools
if [ ! -x "$tools/bin/maturin" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check 'maturin[zig]>=1.9,<2'
fi
FALIGN_COMMIT=$(git rev-parse --short=12 HEAD)
export FALIGN_COMMIT PATH=$tools/bin:$PATH
flags=()
case $target in
*-linux-musl)
    echo "wheels for Linux are for the GNU C library: name ${target/musl/gnu}" >&2
    exit 2
    ;;
*-linux-gnu) flags=(--zig --compatibility manylinux2014) ;;
esac
cd bindings/python
maturin build --locked --profile dist --target "$target" "${flags[@]}" --out "$to"
for wheel in "$to"/falign-*.whl; do
    size=$(stat -c %s "$wheel" 2>/dev/null || stat -f %z "$wheel")
    printf '%s: %s bytes\n' "$wheel" "$size"
    if [ "$size" -gt 12000000 ]; then
        echo "$wheel: more than 12 MB" >&2
        exit 1
    fi
done
