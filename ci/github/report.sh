# Sourced by the steps: run a command whose stdout is Markdown, keep it for the comment and the summary, pass on its
# exit code as the step's output. The step itself does not fail; the last one says the verdict, after the comment.
run_report() {
  local name="$1" file="$RUNNER_TEMP/kafkaops/$1.md" errors="$RUNNER_TEMP/kafkaops/$1.err" code=0
  shift
  "${KAFKAOPS_COMMAND:-$RUNNER_TEMP/kafkaops/venv/bin/kafkaops}" "$@" >"$file" 2>"$errors" || code=$?
  cat "$errors" >&2
  if [ ! -s "$file" ]; then
    {
      echo "### ❌ kafkaops $name: no answer (exit code $code)"
      echo
      echo '````text'
      head -c 20000 "$errors"
      echo '````'
    } >"$file"
  fi
  cat "$file" >>"$GITHUB_STEP_SUMMARY"
  echo "exit-code=$code" >>"$GITHUB_OUTPUT"
}
