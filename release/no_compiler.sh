#!/bin/sh
# Stands in for the C compiler and archiver of a system that is not here, where nothing will be linked: makes the file
# that was asked for, with nothing in it.
while [ $# -gt 0 ]; do
    case $1 in
    -o) : >"$2" ;;
    *.a) : >"$1" ;;
    esac
    shift
done
