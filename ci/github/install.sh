#!/usr/bin/env bash
# Install kafkaops from the action's own source into an environment of its own.
set -euo pipefail
home="$RUNNER_TEMP/kafkaops"
mkdir -p "$home"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kafkaops needs Python 3.11 or newer: use actions/setup-python before it")'
python3 -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --disable-pip-version-check --quiet "$KAFKAOPS_ACTION"
"$home/venv/bin/kafkaops" version
