#!/usr/bin/env bash
# Fail the job when the answer was no, or there was none.
set -euo pipefail
worst=0
for entry in "schemas:${KAFKAOPS_SCHEMAS:-0}" "plan:${KAFKAOPS_PLAN:-0}"; do
  code="${entry#*:}"
  case "$code" in
    0) ;;
    3) echo "::error title=kafkaops::${entry%:*}: the answer is no, see the summary or the comment" ;;
    *) echo "::error title=kafkaops::${entry%:*}: no answer (exit code $code), see the step's log" ;;
  esac
  [ "$code" = 0 ] || worst="$code"
done
exit "$worst"
