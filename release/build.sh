#!/usr/bin/env bash
# The stand-alone program for one platform, packed with its licences: release/build.sh TARGET [DIR]
#
# DIR (target/release-files unless given) gets falign-VERSION-TARGET.tar.gz, or .zip for Windows, and its line of
# SHA256SUMS. The same commit gives the same archive around the program: names in order, times of the commit.
set -euo pipefail
cd "$(dirname "$0")/.."
. release/toolchain.sh
target=${1:?usage: release/build.sh TARGET [DIR]; TARGET is one of: ${targets[*]}}
to=${2:-${CARGO_TARGET_DIR:-target}/release-files}
use "$target"

FALIGN_COMMIT=$(git rev-parse --short=12 HEAD)
export FALIGN_COMMIT
# No path of this machine in what is given away.
export CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$PWD=.$(printf '\x1f')--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
cargo build --locked --profile dist -p falign-cli --target "$target"

ending=
case $target in *windows*) ending=.exe ;; esac
program=${CARGO_TARGET_DIR:-target}/$target/dist/falign$ending
python3 -B release/pack.py "$target" "$program" "$to"
