"""The GitHub Action: its file against the published schema, and each of its steps as the runner runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
import yaml

from tests.evolution.repository import ROOT, Project, clean_environment

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
PUBLISHED = ROOT / "tests" / "published"


def test_the_file_is_what_github_publishes_an_action_to_be() -> None:
    schema = json.loads((PUBLISHED / "github-actions.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(ACTION)


def test_every_step_runs_a_script_that_is_there_and_no_input_reaches_a_shell_unquoted() -> None:
    for step in STEPS.values():
        script = re.fullmatch(r'"\$KAFKAOPS_ACTION/(ci/github/[\w-]+\.sh)"', step["run"])
        assert script, step["run"]
        assert os.access(ROOT / script[1], os.X_OK)
        assert "${{" not in step["run"]


def test_every_variable_that_a_script_reads_is_given() -> None:
    for step in STEPS.values():
        text = (ROOT / step["run"].strip('"').removeprefix("$KAFKAOPS_ACTION/")).read_text()
        read = set(re.findall(r"\$\{?(KAFKAOPS_[A-Z]+)", text))
        assert read - set(step.get("env", {})) == set(), step["name"]


def test_the_gitlab_snippet_is_what_gitlab_takes() -> None:
    page = (ROOT / "docs" / "schema-checks.md").read_text(encoding="utf-8")
    snippet = re.search(r"```yaml\n(# \.gitlab-ci\.yml\n.*?)```", page, re.DOTALL)
    assert snippet
    schema = json.loads((PUBLISHED / "gitlab-ci.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(yaml.safe_load(snippet[1]))


def test_the_hooks_are_what_pre_commit_takes() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


class Runner:
    """What a GitHub runner does with a step."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.temp = folder / "runner"
        (self.temp / "kafkaops").mkdir(parents=True)
        self.summary, self.output = self.temp / "summary.md", self.temp / "output"
        self.summary.touch()
        self.output.touch()

    def step(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = dict.fromkeys(STEPS[name]["env"], "")
        command = Path(sysconfig.get_path("scripts")) / "kafkaops"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
            cwd=self.project.folder,
            env={
                **clean_environment(),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_OUTPUT": str(self.output),
                "KAFKAOPS_COMMAND": str(command),
                **given,
                "KAFKAOPS_ACTION": str(ROOT),
                "KAFKAOPS_SPEC": "topics.yaml",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def exit_code(self) -> str:
        return self.output.read_text().splitlines()[-1].removeprefix("exit-code=")

    def report(self, name: str) -> str:
        return (self.temp / "kafkaops" / f"{name}.md").read_text()


@pytest.fixture
def runner(paklog: Project, tmp_path: Path) -> Runner:
    return Runner(paklog, tmp_path)


def break_order(project: Project) -> None:
    order = project.read("schemas/order-event.avsc")
    order["fields"].append({"name": "priority", "type": "int"})
    project.write("schemas/order-event.avsc", order)


def test_a_check_that_passes(runner: Runner) -> None:
    ended = runner.step("Check schemas")
    assert ended.returncode == 0, ended.stderr
    assert runner.exit_code == "0" and runner.report("schemas").startswith("### ✅")
    assert runner.step("Verdict", KAFKAOPS_SCHEMAS="0").returncode == 0


def test_a_check_that_does_not(runner: Runner) -> None:
    break_order(runner.project)
    ended = runner.step("Check schemas", KAFKAOPS_SARIF="schemas.sarif")
    assert ended.returncode == 0  # the comment comes first
    assert runner.exit_code == "3" and "priority" in runner.summary.read_text()
    assert json.loads((runner.project.folder / "schemas.sarif").read_text())["version"] == "2.1.0"
    verdict = runner.step("Verdict", KAFKAOPS_SCHEMAS="3")
    assert verdict.returncode == 3 and "::error" in verdict.stdout and "schemas: the answer is no" in verdict.stdout


def test_a_check_without_an_answer_says_why(runner: Runner) -> None:
    runner.step("Check schemas", KAFKAOPS_AGAINST="git:nowhere")
    assert runner.exit_code == "2" and "KO372" in runner.report("schemas")
    assert runner.step("Verdict", KAFKAOPS_SCHEMAS="2").returncode == 2


def test_a_push_is_compared_with_what_the_branch_was(runner: Runner) -> None:
    before = runner.project.git("rev-parse", "HEAD")
    break_order(runner.project)
    runner.project.on_main("pushed")
    runner.step("Check schemas", GITHUB_EVENT_NAME="push", KAFKAOPS_BEFORE=before)
    assert runner.exit_code == "3" and before[:7] in runner.report("schemas")
    runner.step("Check schemas", GITHUB_EVENT_NAME="push", KAFKAOPS_BEFORE="0" * 40)
    assert runner.exit_code == "0"  # a new branch


def test_a_pull_request_is_compared_with_its_target(runner: Runner) -> None:
    runner.project.git("update-ref", "refs/remotes/origin/release", "main")
    break_order(runner.project)
    runner.step("Check schemas", GITHUB_BASE_REF="release")
    assert runner.exit_code == "3" and "origin/release" in runner.report("schemas")


def test_a_plan_without_a_cluster_says_why(runner: Runner) -> None:
    spec = "version: 1\nproject: x\nenvironments: {dev: {kafka: {bootstrap_servers: []}}}\n"
    runner.project.write("other.yaml", spec)
    runner.step("Plan", KAFKAOPS_SPEC="missing.yaml")
    assert runner.exit_code == "2" and "missing.yaml" in runner.report("plan")


@pytest.mark.slow
def test_installing(runner: Runner) -> None:
    ended = runner.step(
        "Install kafkaops",
        # what is needed is here already: nothing is fetched
        PIP_NO_DEPS="1",
        PIP_NO_INDEX="1",
        PIP_NO_BUILD_ISOLATION="false",
        PYTHONPATH=sysconfig.get_path("purelib"),
    )
    assert ended.returncode == 0, ended.stderr
    assert "kafkaops 0." in ended.stdout
    assert (runner.temp / "kafkaops" / "venv" / "bin" / "kafkaops").exists()


class GitHub(BaseHTTPRequestHandler):
    """Comments of one pull request: the part of GitHub's REST API that the action uses."""

    comments: ClassVar[list[dict[str, Any]]]
    asked: ClassVar[list[str]]
    refuse = False

    def do_GET(self) -> None:
        page = int(re.search(r"&page=(\d+)", self.path)[1])  # type: ignore[index]  # the action always asks for a page
        self._answer(self.comments[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        self.comments.append({"id": len(self.comments) + 1, "body": self._body()})
        self._answer(self.comments[-1])

    def do_PATCH(self) -> None:
        comment = self.comments[int(self.path.rsplit("/", 1)[1]) - 1]
        comment["body"] = self._body()
        self._answer(comment)

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def _answer(self, content: object) -> None:
        self.asked.append(f"{self.command} {self.path} {self.headers['Authorization']}")
        self.send_response(403 if self.refuse else 200)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the test looks at what was asked."""


@pytest.fixture
def github() -> Iterator[tuple[type[GitHub], str]]:
    handler = type("Handler", (GitHub,), {"comments": [], "asked": [], "refuse": False})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def comment(runner: Runner, url: str) -> subprocess.CompletedProcess[str]:
    return runner.step(
        "Comment on the pull request",
        GITHUB_API_URL=url,
        GITHUB_REPOSITORY="paklog/topics",
        KAFKAOPS_PULL_REQUEST="7",
        GITHUB_TOKEN="t0ken",
    )


def test_the_comment_is_written_once_and_then_renewed(runner: Runner, github: tuple[type[GitHub], str]) -> None:
    server, url = github
    server.comments.extend({"id": number, "body": "unrelated"} for number in range(1, 121))
    runner.step("Check schemas")
    assert comment(runner, url).returncode == 0
    break_order(runner.project)
    runner.step("Check schemas")
    assert comment(runner, url).returncode == 0
    assert len(server.comments) == 121
    assert server.comments[-1]["body"].startswith("<!-- kafkaops:schemas -->\n### ❌")
    assert all(each.endswith("Bearer t0ken") and "/repos/paklog/topics/issues/" in each for each in server.asked)


def test_a_comment_is_never_too_long(runner: Runner, github: tuple[type[GitHub], str]) -> None:
    server, url = github
    (runner.temp / "kafkaops" / "plan.md").write_text("a line of a long plan\n" * 10_000)
    assert comment(runner, url).returncode == 0
    body = server.comments[0]["body"]
    assert 65_000 < len(body) <= 65_536 and body.endswith("job's summary.*\n")


def test_a_comment_that_github_refuses_says_which_right_is_missing(
    runner: Runner, github: tuple[type[GitHub], str]
) -> None:
    server, url = github
    server.refuse = True
    runner.step("Check schemas")
    ended = comment(runner, url)
    assert ended.returncode == 1 and "pull-requests: write" in ended.stderr and "t0ken" not in ended.stderr
