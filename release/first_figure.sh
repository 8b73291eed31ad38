#!/usr/bin/env bash
# The README's install, as it is written, on a machine without a compiler or a network: release/first_figure.sh DIR
#
# DIR has a wheel of falign, and gets NumPy's. The commands run in an empty environment and an empty folder, where pip
# finds packages in DIR alone. Fails unless there is a figure after 30 seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
wheels=$(realpath "${1:?usage: release/first_figure.sh DIR, a folder with a wheel of falign}")
limit=30
readme=$PWD/README.md

empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
python3 -m venv "$empty/environment"
"$empty/environment/bin/pip" download --quiet --disable-pip-version-check --find-links "$wheels" --dest "$wheels" numpy

# The first block of commands.
awk '/^```sh$/ { inside = 1; next } /^```/ && inside { exit } inside' "$readme" >"$empty/commands"
sed 's/^/    /' "$empty/commands"
# The shell would find the machine's own compilers.
mkdir "$empty/bin" "$empty/home" "$empty/here"
for program in sh uname; do ln -s "$(command -v $program)" "$empty/bin/"; done
start=$(date +%s.%N)
(
    cd "$empty/here"
    env -i HOME="$empty/home" PATH="$empty/environment/bin:$empty/bin" PIP_NO_INDEX=1 PIP_FIND_LINKS="$wheels" \
        PIP_DISABLE_PIP_VERSION_CHECK=1 sh -eu "$empty/commands"
)
figure=$(find "$empty/here/runs" -name figure.svg)
grep -q '</svg>' "$figure"
python3 - "$start" "$limit" <<'EOF'
import sys, time
start, limit = map(float, sys.argv[1:])
seconds = time.time() - start
print(f"the first figure after {seconds:.1f} s")
sys.exit(seconds > limit and f"more than {limit:.0f} s")
EOF
