# Sourced by the scripts of this folder: what a platform needs to be built for, and to be tried, from here.
#
#   use TARGET        sets the compiler, linker and runner of TARGET; says what is missing, and fails, where it cannot
#   can_run TARGET    whether what was built for TARGET can run on this machine
#
# Each tool is a package of Debian or comes with the system that the target is.

# Platforms that programs and wheels are built for; a release has Windows' by its own tools (msvc).
# shellcheck disable=SC2034
targets=(
    x86_64-unknown-linux-gnu
    x86_64-unknown-linux-musl
    aarch64-unknown-linux-gnu
    aarch64-unknown-linux-musl
    x86_64-pc-windows-msvc
    x86_64-pc-windows-gnu
    aarch64-apple-darwin
    x86_64-apple-darwin
)

host=$(rustc -vV | sed -n 's/^host: //p')

_lacks() { # _lacks TARGET WHAT HOW-TO-GET-IT
    printf '%s: %s is missing: %s\n' "$1" "$2" "$3" >&2
    return 1
}

_tool() { # _tool TARGET PROGRAM PACKAGE
    command -v "$2" >/dev/null || _lacks "$1" "$2" "apt-get install $3"
}

# The standard library of a target, as rustup installs it.
_std() {
    [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ] ||
        _lacks "$1" "Rust's standard library" "rustup target add $1"
}

_set() { # _set TARGET KEY VALUE: a variable that Cargo reads for TARGET
    local name=${1//-/_}
    export "CARGO_TARGET_${name^^}_$2=$3"
}

_compiler() { # _compiler TARGET PROGRAM: for the C code of dependencies
    export "CC_${1//-/_}=$2"
}

use() {
    local target=$1
    _std "$target" || return 1
    case $target in
    "$host") ;;
    x86_64-unknown-linux-musl)
        _tool "$target" musl-gcc musl-tools || return 1
        _compiler "$target" musl-gcc
        ;;
    aarch64-unknown-linux-gnu | aarch64-unknown-linux-musl)
        # On a machine of this processor its own compiler serves.
        if [ "$(uname -m)" = aarch64 ]; then return 0; fi
        _tool "$target" aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" || return 1
        _compiler "$target" aarch64-linux-gnu-gcc
        if [ "$target" = aarch64-unknown-linux-gnu ]; then
            _set "$target" LINKER aarch64-linux-gnu-gcc
            _set "$target" RUNNER "qemu-aarch64-static -L /usr/aarch64-linux-gnu"
        else
            # Rust brings what a static program is linked with.
            _set "$target" LINKER rust-lld
            _set "$target" RUNNER qemu-aarch64-static
        fi
        ;;
    x86_64-pc-windows-gnu)
        _tool "$target" x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 || return 1
        _set "$target" RUNNER "$PWD/release/wine.sh"
        ;;
    *-apple-darwin)
        [ "$(uname)" = Darwin ] || _lacks "$target" "its system" "run this there" || return 1
        ;;
    x86_64-pc-windows-msvc)
        _lacks "$target" "its system" "run this there"
        return 1
        ;;
    *)
        printf 'no such platform: %s; expected one of: %s\n' "$target" "${targets[*]}" >&2
        return 1
        ;;
    esac
}

can_run() {
    case $1 in
    "$host") ;;
    x86_64-unknown-linux-musl) [ "$(uname -m)" = x86_64 ] ;;
    aarch64-*-linux-*)
        [ "$(uname -m)" = aarch64 ] || _tool "$1" qemu-aarch64-static qemu-user-static
        ;;
    x86_64-pc-windows-gnu) release/wine.sh --find >/dev/null || _lacks "$1" wine "apt-get install wine64" ;;
    *) _lacks "$1" "its system" "run this there" ;;
    esac
}
