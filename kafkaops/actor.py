"""Who runs this. The lock's holder, the ledger's `by` and the audit stream's `user` are the same."""

from __future__ import annotations

import getpass
import os

_STARTED_BY = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID")
"""Variables in which GitHub, GitLab and Jenkins name who started a pipeline."""


def acting_user() -> str:
    """Who started the pipeline, else whose process this is."""
    started_by = next((os.environ[name] for name in _STARTED_BY if os.environ.get(name)), None)
    if started_by is not None:
        return started_by
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in many containers
        return f"uid {os.getuid()}"
