#!/usr/bin/env bash
# Does every platform that this machine can build for give the same numbers? release/platforms.sh [--tests] [TARGET...]
#
# The program is built for each, without optimisation but of kernels, and run: as it is, by an emulator, under Wine, in a
# root with nothing but the program. Each must give the bytes that the native program gives, go on with a run that the
# native one began, and have the golden numbers of `falign doctor`. For macOS everything is compiled only. --tests runs
# the tests of kernels, files and golden hashes there too, for many minutes. What is missing is told and passed over;
# FALIGN_STRICT=1 makes a missing tool a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
. release/toolchain.sh
export CARGO_INCREMENTAL=0
root=$PWD
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
with_tests=
if [ "${1-}" = --tests ]; then
    with_tests=1
    shift
fi
wanted=("$@")
[ $# -gt 0 ] || wanted=(x86_64-unknown-linux-musl aarch64-unknown-linux-gnu x86_64-pc-windows-gnu aarch64-apple-darwin)

verdicts=() failed=0
verdict() { # verdict TARGET WORDS...
    verdicts+=("$(printf '%-28s %s' "$1" "${*:2}")")
    printf '%s: %s\n' "$1" "${*:2}"
}
fails() {
    verdict "$1" "FAILED: ${*:2}"
    failed=1
}
skips() {
    if [ -n "${FALIGN_STRICT:-}" ]; then fails "$@"; else verdict "$1" "SKIPPED: ${*:2}"; fi
}

# What two runs must have in common: all but times, the machine, and where data lay.
same() { diff -rq --exclude=meta.json --exclude=origin.json --exclude=.lock "$1" "$2"; }

# The native program; tests have built it by the time that check.sh comes here.
native=${FALIGN_PROGRAM:-$built/debug/falign}
[ -x "$native" ] || cargo build --locked --quiet -p falign-cli || exit 1
cp release/platforms.toml "$work/platforms.toml"
cd "$work" || exit 1
"$native" run platforms.toml --quiet --out native >/dev/null || exit 1
# As after a kill: half of the results are there.
halve() {
    cp -r "$1" "$2"
    local results=("$2"/results/*.bin)
    rm -f "${results[@]::$((${#results[@]} / 2))}" "$2/summary.csv" "$2"/figure.* "$2/.lock"
}

try() { # try TARGET: the program on a machine of that kind, or what plays one
    local target=$1 ending='' name key runner=()
    case $target in *windows*) ending=.exe ;; esac
    name=${target//-/_}
    key=CARGO_TARGET_${name^^}_RUNNER
    read -r -a runner <<<"${!key:-}"
    local native_or_runner=${runner[0]:-as it is}
    native_or_runner=${native_or_runner##*/}
    local program=("${runner[@]}" "$built/$target/platform/falign$ending")
    (cd "$root" && cargo build --locked --quiet --profile platform -p falign-cli --target "$target") || { fails "$target" "does not build"; return; }
    "${program[@]}" doctor --json >"$target.json" 2>"$target.err" || { fails "$target" "falign doctor: $(tail -1 "$target.err")"; return; }
    "${program[@]}" run platforms.toml --quiet --out "$target" >"$target.out" 2>&1 || { fails "$target" "run: $(tail -1 "$target.out")"; return; }
    same native "$target" || { fails "$target" "other bytes than natively"; return; }
    halve native "$target-resumed"
    "${program[@]}" run platforms.toml --quiet --resume --out "$target-resumed" >"$target.out" 2>&1 || { fails "$target" "resume: $(tail -1 "$target.out")"; return; }
    same native "$target-resumed" || { fails "$target" "other bytes where it went on with a native run"; return; }
    halve "$target" "$target-back"
    "$native" run platforms.toml --quiet --resume --out "$target-back" >/dev/null 2>&1
    same native "$target-back" || { fails "$target" "other bytes where the native program went on with its run"; return; }
    local more=''
    if [ "$target" = x86_64-unknown-linux-musl ]; then
        empty_root "$built/$target/platform/falign" || return
        more=', alone in an empty root too'
    fi
    if [ -n "$with_tests" ]; then
        tests "$target" || return
        more+=', its tests pass'
    fi
    verdict "$target" "same bytes, runs resumed both ways$more (${native_or_runner})"
}

empty_root() { # empty_root PROGRAM: with nothing else there, as in a container of release/Dockerfile
    if [ "$(id -u)" != 0 ]; then
        verdict x86_64-unknown-linux-musl "SKIPPED in an empty root: chroot needs root"
        return
    fi
    local contained=(python3 -B "$root/release/container.py" "${1%/*}" "$work/root") here
    here=$work/root$(sed -n 's/^WORKDIR //p' "$root/release/Dockerfile")
    { "${contained[@]}" && cp platforms.toml "$here/" &&
        "${contained[@]}" run platforms.toml --quiet --out run && "${contained[@]}" show run; } >"$work/root.out" 2>&1 &&
        same native "$here/run" ||
        { fails x86_64-unknown-linux-musl "in an empty root: $(tail -1 "$work/root.out")"; return 1; }
}

tests() { # tests TARGET: of kernels, of the library (files, locks, names), and golden hashes
    (
        cd "$root" || exit 1
        export INSTA_WORKSPACE_ROOT=$root
        cargo test --locked --quiet --profile platform --target "$1" -p falign-kernels --lib &&
            cargo test --locked --quiet --profile platform --target "$1" -p falign --lib &&
            cargo test --locked --quiet --profile platform --target "$1" -p falign --test main -- unchanged::two
    ) || { fails "$1" "its tests"; return 1; }
}

# Nothing is linked by `cargo check`, so that C code of dependencies needs no compiler of that system.
check_only() {
    local target=$1
    _std "$target" || { skips "$target" "rustup target add $target"; return; }
    export "CC_${target//-/_}=$root/release/no_compiler.sh" "AR_${target//-/_}=$root/release/no_compiler.sh"
    (cd "$root" && cargo check --locked --quiet --profile platform --target "$target" -p falign-cli) || { fails "$target" "does not compile"; return; }
    verdict "$target" "compiles; it cannot run here"
}

for target in "${wanted[@]}"; do
    case $target in
    *-apple-darwin)
        if [ "$(uname)" != Darwin ]; then
            check_only "$target"
            continue
        fi
        ;;
    esac
    if why=$( (cd "$root" && use "$target" && can_run "$target") 2>&1); then
        pushd "$root" >/dev/null && use "$target"
        popd >/dev/null || exit 1
        try "$target"
    else
        skips "$target" "$why"
    fi
done

printf '\n'
printf '%s\n' "${verdicts[@]}"
exit "$failed"
