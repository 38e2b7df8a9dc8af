"""Asking before something is changed."""

from __future__ import annotations

import sys

from kafkaops.cli.terminal import stderr
from kafkaops.errors import RefusedError


def confirm(question: str, command: str, hint: str) -> None:
    """Ask on the terminal. Raises `RefusedError` (exit 4) without a terminal, or for any answer but yes."""
    if not sys.stdin.isatty():
        summary = f"{command} asks before it changes anything, and there is no terminal to ask on"
        raise RefusedError.of("KO906", summary, hint=hint)
    stderr().print(f"\n{question} Only 'yes' is taken: ", end="")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # the end of input, on the line of the question
        stderr().print()
    if answer.strip() != "yes":
        raise RefusedError.of("KO907", "not confirmed; nothing was done")
