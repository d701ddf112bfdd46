#!/bin/sh
# Installs what the plugin needs into the Python that eKuiper runs it with.
# The first of the shellParas, if any, is that Python.
set -eu
python=${1:-python3}
here=$(dirname "$0")
if "$python" -c "import ekuiper" 2>/dev/null; then
    echo "greenhouse: the eKuiper SDK is there"
else
    "$python" -m pip install --disable-pip-version-check -r "$here/requirements.txt"
fi
