#!/usr/bin/env bash
# One step of checking the Python package: check.sh in the root of the repository calls them in
# order. The extension and the wheel are built with the profile of `cargo test`, into the same folder.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
target=$(realpath -m "$(cd "$root" && realpath -m "${CARGO_TARGET_DIR:-target}")")
here=$target/python
bin=$here/venv/bin
export CARGO_TARGET_DIR=$target

case ${1-} in
environment) # what is installed already is kept
    if ! cmp -s requirements-test.txt "$here/installed.txt"; then
        python3 -m venv --clear "$here/venv"
        "$bin/pip" install --quiet --disable-pip-version-check -r requirements-test.txt
        cp requirements-test.txt "$here/installed.txt"
    fi
    ;;
extension) # the package as a wheel installs it, around the extension of the workspace's build
    (cd "$root" && cargo build --locked --quiet --workspace --lib)
    site=$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
    "$bin/pip" uninstall --quiet --yes falign 2>/dev/null
    rm -rf "$site/falign"
    cp -r python/falign "$site/falign"
    cp "$target/debug/lib_core.so" "$site/falign/_core.abi3.so"
    ;;
wheel)
    site=$("$bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
    rm -rf "$site/falign"
    rm -rf "$here/dist"
    "$bin/maturin" build --locked --quiet --profile dev --strip \
        --interpreter "$bin/python" --out "$here/dist"
    "$bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall \
        "$here"/dist/*.whl
    ;;
sdist) # whole enough to build from: what the extension was built from is all there
    rm -rf "$here/sdist"
    "$bin/maturin" sdist --out "$here/sdist" 2>"$here/sdist.log" || { cat "$here/sdist.log"; exit 1; }
    tar -xzf "$here"/sdist/*.tar.gz -C "$here/sdist"
    if [ -f "$target/debug/lib_core.d" ]; then
        "$bin/python" compare_sdist.py "$here"/sdist/*/ "$target/debug/lib_core.d"
    fi
    if [ -n "${FALIGN_TEST_ALL:-}" ] || [ ! -f "$target/debug/lib_core.d" ]; then
        cd "$here"/sdist/*/
        CARGO_TARGET_DIR=$target cargo check --quiet --offline -p falign-python
    fi
    ;;
types)
    "$bin/mypy" --config-file pyproject.toml
    "$bin/stubtest" falign --mypy-config-file pyproject.toml \
        --allowlist stubtest_allowlist.txt --ignore-unused-allowlist
    ;;
pytest)
    export FALIGN_PROGRAM=${FALIGN_PROGRAM:-$target/debug/falign} MPLBACKEND=Agg
    "$bin/pytest"
    "$bin/pytest" --doctest-modules --pyargs falign
    ;;
site) # the documentation, with the package's docstrings; a warning is an error
    "$bin/sphinx-build" --quiet --fail-on-warning --keep-going --jobs auto "$root/docs" "$here/site"
    ;;
*)
    echo "usage: $0 environment|extension|wheel|sdist|types|pytest|site" >&2
    exit 2
    ;;
esac
