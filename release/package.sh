#!/usr/bin/env bash
# A dry run of what the crate registry gets: every crate packed, and built from what was packed. Nothing leaves.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo package --locked --workspace --exclude falign-python --target-dir "${CARGO_TARGET_DIR:-target}/package-check" "$@"
