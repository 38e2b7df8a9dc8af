#!/usr/bin/env bash
# Plan: what applying the spec would change. Nothing is touched.
set -euo pipefail
. "$KAFKAOPS_ACTION/ci/github/report.sh"
arguments=(plan --file "$KAFKAOPS_SPEC" --format markdown)
[ -z "$KAFKAOPS_ENVIRONMENT" ] || arguments+=(--env "$KAFKAOPS_ENVIRONMENT")
run_report plan "${arguments[@]}"
