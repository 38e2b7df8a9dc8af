"""Write a report as a comment on a pull request, or over the one that an earlier run wrote.

    python3 comment.py NAME FILE

Takes from the environment what GitHub sets (GITHUB_API_URL, GITHUB_REPOSITORY), the pull request's number and the
token. Uses the standard library alone: it also runs where kafkaops could not be installed.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LIMIT = 65_536
"""GitHub's limit for a comment's body, in characters."""
CUT = "\n\n*Cut: the whole report is in the job's summary.*\n"
PAGE = 100
TIMEOUT_S = 30


def main(name: str, file: Path) -> None:
    """Update the comment that carries this report's mark, or make one."""
    mark = f"<!-- kafkaops:{name} -->\n"
    body = mark + cut(file.read_text(encoding="utf-8"), LIMIT - len(mark))
    repository = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
    comments = f"{repository}/issues/{int(os.environ['KAFKAOPS_PULL_REQUEST'])}/comments"
    found = find(comments, mark)
    if found is None:
        request("POST", comments, {"body": body})
    else:
        request("PATCH", f"{repository}/issues/comments/{found}", {"body": body})


def cut(text: str, limit: int) -> str:
    """The text, or as many of its lines as fit."""
    if len(text) <= limit:
        return text
    return text[: limit - len(CUT)].rsplit("\n", 1)[0] + CUT


def find(comments: str, mark: str) -> int | None:
    """The id of the comment that an earlier run wrote."""
    page = 1
    while True:
        listed = request("GET", f"{comments}?per_page={PAGE}&page={page}")
        for comment in listed:
            if str(comment.get("body", "")).startswith(mark):
                return int(comment["id"])
        if len(listed) < PAGE:
            return None
        page += 1


def request(method: str, url: str, body: dict[str, str] | None = None) -> Any:
    """One call of GitHub's REST API."""
    call = urllib.request.Request(
        url,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.urlopen(call, timeout=TIMEOUT_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        hint = "; the job needs `permissions: {pull-requests: write}`" if error.code in (401, 403, 404) else ""
        sys.exit(f"GitHub answered {error.code} to {method} {url}{hint}")
    except OSError as error:
        sys.exit(f"GitHub cannot be reached: {method} {url}: {error}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
