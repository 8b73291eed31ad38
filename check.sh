#!/usr/bin/env bash
# Everything CI runs, cheapest first. Stops at nothing: every check runs, the summary tells.
#
# Rust is all it needs. The spelling and licence checks need `typos` and `cargo-deny`: without them
# they are skipped, loudly, unless FALIGN_STRICT=1 (as in CI) makes that a failure.
#
# --all: harnesses of random faults (errors of the file system, kills, hostile files and servers) go
# through many more cases, from a new seed each time; the picture of every built-in experiment is drawn
# for target/contact-sheet/index.html; the program is built for other platforms, run there and compared
# (release/platforms.sh); the Python package is tested as a wheel, and installed as the README says. A pass leaves its commit and date in
# target/all-checks.
set -uo pipefail
case "${1:-}" in
'') ;;
--all) export FALIGN_TEST_ALL=1 ;;
*)
    printf 'usage: %s [--all]\n' "$0" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")" || exit 1
last=${CARGO_TARGET_DIR:-target}/all-checks
program=${CARGO_TARGET_DIR:-target}/debug/falign

passed=() failed=() skipped=()

step() { # step NAME COMMAND...: one heading, one verdict
    local name=$1 start=$SECONDS
    shift
    printf '\n=== %s: %s\n' "$name" "$*"
    if "$@"; then
        passed+=("$name ($((SECONDS - start)) s)")
    else
        failed+=("$name ($((SECONDS - start)) s)")
        printf '!!! %s FAILED\n' "$name"
    fi
}

skip() { # skip NAME REASON: loud, and repeated in the summary
    printf '\n!!! SKIPPED %s: %s\n' "$1" "$2"
    skipped+=("$1: $2")
}

missing() { # missing NAME HOW-TO-GET-IT
    if [ -n "${FALIGN_STRICT:-}" ]; then
        printf '\n!!! %s is not installed: %s\n' "$1" "$2"
        failed+=("$1 (not installed)")
    else
        skip "$1" "not installed: $2"
    fi
}

step fmt cargo fmt --all --check

if command -v typos >/dev/null; then
    step typos typos
else
    missing typos "pip install typos"
fi

if command -v cargo-deny >/dev/null; then
    # The graph covers every platform, so their crates must be here before going offline.
    step fetch cargo fetch --locked --quiet
    step deny cargo deny --offline check licenses bans sources
    if timeout 60 cargo deny fetch db >/dev/null 2>&1; then
        step advisories cargo deny check --disable-fetch advisories
    else
        skip advisories "the advisory database cannot be reached"
    fi
else
    missing cargo-deny "cargo install --locked cargo-deny"
fi

step clippy cargo clippy --locked --workspace --all-targets -- -D warnings
step docs env RUSTDOCFLAGS="-D warnings" \
    cargo doc --locked --no-deps --workspace --document-private-items
# What users of the library see: not too much, and an example of each type.
if command -v python3 >/dev/null; then
    step public_docs env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --workspace
    step public_items python3 -B tools/public_items.py
else
    missing python3 "apt-get install python3"
fi
# The NEON path cannot run here, but it must compile. (No other crate asks for which processor it is compiled: a
# test in crates/falign-kernels looks.)
arm=aarch64-unknown-linux-gnu
if [ -d "$(rustc --print sysroot)/lib/rustlib/$arm" ]; then
    step neon cargo check --locked -p falign-kernels --lib --target "$arm"
else
    skip neon "rustup target add $arm"
fi
# The library's own tests are quick whatever compiles them: without optimisation that takes least time. All others
# train networks, and link with a library that is compiled once. Kernels are compiled once for both.
step unit cargo --config 'profile.dev.package.falign.opt-level=0' test --locked --workspace --lib
step test cargo test --locked --workspace --bins --examples --test '*'
step doctest cargo test --locked --workspace --doc

# The logic of bench/compare.py; the comparison itself is no check.
if python3 -c 'import numpy' 2>/dev/null; then
    step compare python3 -B -m unittest discover -s bench
else
    skip compare "bench/test_compare.py needs a python3 with NumPy"
fi

# Instructions, unlike times, do not depend on what else the machine is doing.
if command -v valgrind >/dev/null && command -v python3 >/dev/null; then
    step instructions python3 -B bench/instructions.py
else
    missing valgrind "apt-get install valgrind"
fi

# Five epochs of Figure 3 on the real MNIST, against an independent implementation.
if [ -n "${FALIGN_TEST_DATA:-}" ]; then
    out=$(mktemp -d)
    # The program that the tests ran: `cargo run -p` would build it again, with other features.
    step figure3_quick "$program" check figure3_quick --quiet --data-dir "$FALIGN_TEST_DATA" --out "$out/run"
    # And two epochs of a convolutional network, against another one.
    step lenet_quick "$program" check layers/lenet_quick --quiet --data-dir "$FALIGN_TEST_DATA" --out "$out/lenet"
    rm -rf "$out"
else
    skip figure3_quick "FALIGN_TEST_DATA names no folder with the four files of MNIST"
fi

# Pictures of all experiments on one page, for a person to look at.
if [ -n "${FALIGN_TEST_ALL:-}" ] && command -v python3 >/dev/null; then
    sheet=${CARGO_TARGET_DIR:-target}/contact-sheet
    step contact_sheet python3 tools/contact_sheet.py "$program" "$sheet" \
        ${FALIGN_TEST_DATA:+--data-dir "$FALIGN_TEST_DATA"}
fi

# The same numbers on other platforms: what is built for them runs under emulators.
if [ -n "${FALIGN_TEST_ALL:-}" ]; then
    step platforms env FALIGN_PROGRAM="$(realpath "$program")" release/platforms.sh
fi

# The Python package, in an environment of its own inside target/.
if python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    # The extension as the workspace builds it. A wheel's build of its own has other features, and
    # compiles everything again: it is part of the long form.
    install=extension
    # Elsewhere a linker needs the flags that maturin gives it.
    if [ -n "${FALIGN_TEST_ALL:-}" ] || [ "$(uname)" != Linux ]; then install=wheel; fi
    for part in environment "$install" types pytest site sdist; do
        step "python_$part" bindings/python/check.sh "$part"
    done
    # The README's install, as it is written.
    if [ $install = wheel ]; then
        step first_figure release/first_figure.sh "${CARGO_TARGET_DIR:-target}/python/dist"
    fi
else
    missing python "apt-get install python3-venv (3.11 or newer)"
fi

printf '\n=== summary\n'
for line in "${passed[@]}"; do printf '  ok       %s\n' "$line"; done
for line in "${skipped[@]}"; do printf '  SKIPPED  %s\n' "$line"; done
for line in "${failed[@]}"; do printf '  FAILED   %s\n' "$line"; done
if [ ${#failed[@]} -gt 0 ]; then exit 1; fi
if [ -n "${FALIGN_TEST_ALL:-}" ]; then
    printf '%s, %s\n' "$(git describe --always --dirty)" "$(date -u +%Y-%m-%d)" >"$last"
elif [ -f "$last" ]; then
    printf 'the long form (./check.sh --all) last passed at %s\n' "$(cat "$last")"
else
    printf 'the long form (./check.sh --all) has not passed in this clone\n'
fi
printf 'all checks passed\n'
