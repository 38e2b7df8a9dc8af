#!/usr/bin/env bash
# One comment for each report, written anew at every run.
set -euo pipefail
for name in schemas plan; do
  file="$RUNNER_TEMP/kafkaops/$name.md"
  [ ! -f "$file" ] || python3 "$KAFKAOPS_ACTION/ci/github/comment.py" "$name" "$file"
done
