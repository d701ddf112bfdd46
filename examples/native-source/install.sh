#!/bin/sh
# Says whether the clock of this machine can be trusted; tide heights are computed from it.
# The first of the shellParas, if any, is the earliest year that is believed.
set -eu
earliest=${1:-2024}
year=$(date -u +%Y)
if [ "$year" -lt "$earliest" ]; then
    echo "tide: the clock says $year; set it before installing" >&2
    exit 1
fi
echo "tide: the clock says $year"
