#!/usr/bin/env bash
# Check the schemas against what a pull request goes to, or what a branch was before a push.
set -euo pipefail
. "$KAFKAOPS_ACTION/ci/github/report.sh"
arguments=(schemas check --file "$KAFKAOPS_SPEC" --format markdown)
if [ -z "$KAFKAOPS_AGAINST" ] && [ "${GITHUB_EVENT_NAME:-}" = push ] &&
  git cat-file -e "${KAFKAOPS_BEFORE:-none}^{commit}" 2>/dev/null; then
  KAFKAOPS_AGAINST="git:$KAFKAOPS_BEFORE"
fi
[ -z "$KAFKAOPS_AGAINST" ] || arguments+=(--against "$KAFKAOPS_AGAINST")
[ -z "$KAFKAOPS_ENVIRONMENT" ] || arguments+=(--env "$KAFKAOPS_ENVIRONMENT")
[ -z "$KAFKAOPS_SARIF" ] || arguments+=(--report "sarif=$KAFKAOPS_SARIF")
run_report schemas "${arguments[@]}"
