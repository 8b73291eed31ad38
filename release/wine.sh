#!/usr/bin/env bash
# Runs a Windows program under Wine, with a prefix of its own inside target/: release/wine.sh PROGRAM.exe WORDS...
# --find prints Wine's path, and fails where there is none. Debian's wine64 has no command `wine`.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
for wine in wine64 /usr/lib/wine/wine64 wine ''; do
    if [ -n "$wine" ] && command -v "$wine" >/dev/null; then break; fi
done
[ -n "$wine" ] || exit 1
if [ "${1-}" = --find ]; then
    command -v "$wine"
    exit
fi
export WINEPREFIX=${WINEPREFIX:-$(realpath -m "${CARGO_TARGET_DIR:-$root/target}")/wine} WINEDEBUG=${WINEDEBUG:--all}
# No windows, no browser, no .NET: a console program needs none of them.
export WINEARCH=win64 DISPLAY='' WINEDLLOVERRIDES='mscoree=;mshtml='
if [ ! -e "$WINEPREFIX/ready" ]; then
    mkdir -p "$WINEPREFIX"
    "$wine" wineboot --init >/dev/null 2>&1
    system=$WINEPREFIX/drive_c/windows/system32
    if [ ! -e "$system/bcryptprimitives.dll" ]; then
        x86_64-w64-mingw32-gcc -shared -O1 -o "$system/bcryptprimitives.dll" \
            "$root/release/bcryptprimitives.c" -ladvapi32
    fi
    touch "$WINEPREFIX/ready"
fi
exec "$wine" "$@"
