"""What Apicurio Registry has beside Confluent's API, for what that API does not do there (seen with 3.3.3).

`GET /schemas` names no subjects, so that a bulk read has to come from `GET /admin/export`: a ZIP of contents,
references, ids, versions and rules. The compatibility test reads no references, so that a schema with
references has to be tried with a dry run of its registration.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, urlsplit, urlunsplit

from kafkaops.clients.http import HttpApi
from kafkaops.clients.http_errors import HttpStatusError
from kafkaops.clients.registry import Reference, RegisteredSchema, SchemaContent, SchemaType, Verdict
from kafkaops.clients.registry_answers import Answers
from kafkaops.plan.model import Json

CCOMPAT = "/apis/ccompat/"
EXPORT_PATH = "/admin/export"
_NOT_OFFERED = frozenset({401, 403, 404, 405})
_DEFAULT_GROUPS = (None, "default")
"""Confluent's API shows the artifacts of the default group only."""
_HIDDEN_STATES = frozenset({"DISABLED", "DRAFT"})
"""A version that was deleted softly is disabled; a draft is not there yet."""


def native_url(url: str) -> str | None:
    """The base URL of Apicurio's own API beside a Confluent-style one, or None if it is no Apicurio's."""
    parts = urlsplit(url)
    before, found, _ = (parts.path + "/").partition(CCOMPAT)
    if not found:
        return None
    return urlunsplit((parts.scheme, parts.netloc, f"{before}/apis/registry/v3", "", ""))


def dry_run(api: HttpApi, subject: str, content: SchemaContent) -> Verdict | None:
    """Try to register, under the rules in force, without registering; None where that is not offered.

    It leaves nothing behind but a gap in the ids. Raises `HttpStatusError` for what is no verdict.
    """
    url = native_url(api.url)
    if url is None:
        return None
    references: list[Json] = [
        {"groupId": None, "artifactId": item.subject, "version": str(item.version), "name": item.name}
        for item in content.references
    ]
    kind = "application/x-protobuf" if content.type is SchemaType.PROTOBUF else "application/json"
    body: Json = {"content": {"content": content.text, "contentType": kind, "references": references}}
    path = f"/groups/default/artifacts/{quote(subject, safe='')}/versions"
    try:
        api.at(url).request("POST", path, params={"dryRun": True}, body=body, repeatable=True)
    except HttpStatusError as error:
        if error.status == HTTPStatus.BAD_REQUEST and _is_violation(error.body):
            return Verdict(False, tuple(_causes(error.body)))
        if error.status in _NOT_OFFERED:
            return None
        raise
    return Verdict(True)


def _is_violation(body: Json) -> bool:
    return isinstance(body, dict) and body.get("name") == "RuleViolationException"


def _causes(body: Json) -> Iterator[str]:
    """The reasons of a rule's violation: what, and where in the schema."""
    causes = body.get("causes") if isinstance(body, dict) else None
    for cause in causes if isinstance(causes, list) else []:
        if isinstance(cause, dict):
            yield f"{cause.get('description')} at {cause.get('context')}"


@dataclass(frozen=True, slots=True)
class Export:
    """Everything of the default group that is not deleted, but for subjects that were being written meanwhile.

    Contents are exported before versions and under no common transaction: a version registered in between
    comes without its content. All versions of such a subject are left out, so that it is asked for by name.
    """

    versions: dict[tuple[str, int], RegisteredSchema] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    """The subjects' own compatibility levels, of subjects without versions too."""

    def latest(self) -> dict[str, RegisteredSchema]:
        """The newest version of every subject."""
        return {subject: self.versions[subject, number] for subject, number in sorted(self.versions)}


def read_export(archive: bytes, url: str) -> Export:
    """Parse an export. Raises `PlatformError` KO330 when it is none, `zipfile.BadZipFile` when it broke off."""
    answers = Answers(url, EXPORT_PATH)
    contents: dict[int, tuple[str, tuple[Reference, ...]]] = {}
    types: dict[str, SchemaType] = {}
    versions: dict[tuple[str, int], RegisteredSchema] = {}
    being_written: set[str] = set()
    levels: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for item in _items(files, answers, ".Content.json"):
            digest = answers.text(item.get("contentHash"), "contentHash")
            text = files.read(f"content/{digest}.Content.data").decode()
            contents[answers.number(item.get("contentId"), "contentId")] = text, _references(answers, item)
        for item in _items(files, answers, ".Artifact.json"):
            kind = answers.text(item.get("artifactType"), "artifactType")
            if kind in SchemaType.__members__:
                types[answers.text(item.get("artifactId"), "artifactId")] = SchemaType(kind)
        for item in _items(files, answers, ".ArtifactVersion.json"):
            subject = answers.text(item.get("artifactId"), "artifactId")
            if subject not in types or item.get("state") in _HIDDEN_STATES:
                continue
            version = _version(answers, item, subject, types[subject], contents)
            if version is None:
                being_written.add(subject)
            else:
                versions[subject, version.version] = version
        for item in _items(files, answers, ".ArtifactRule.json"):
            if item.get("type") == "COMPATIBILITY":
                subject = answers.text(item.get("artifactId"), "artifactId")
                levels[subject] = answers.text(item.get("configuration"), "configuration")
    return Export({key: version for key, version in versions.items() if key[0] not in being_written}, levels)


def _items(files: zipfile.ZipFile, answers: Answers, suffix: str) -> Iterator[dict[str, Json]]:
    """The parsed entries of one sort, of the default group."""
    for name in files.namelist():
        if name.endswith(suffix):
            item = answers.mapping(json.loads(files.read(name)))
            if item.get("groupId") in _DEFAULT_GROUPS:
                yield item


def _references(answers: Answers, item: dict[str, Json]) -> tuple[Reference, ...]:
    """A content's references; Apicurio keeps them as JSON in a string, their versions as text."""
    serialized = item.get("serializedReferences")
    if serialized is None:
        return ()
    found = []
    for data in answers.sequence(json.loads(answers.text(serialized, "serializedReferences"))):
        reference = answers.mapping(data)
        version = answers.text(reference.get("version"), "a reference's version")
        found.append(
            Reference(
                name=answers.text(reference.get("name"), "a reference's name"),
                subject=answers.text(reference.get("artifactId"), "a reference's artifactId"),
                # Versions made through Confluent's API are numbers; another can equal none of ours.
                version=int(version) if version.isdecimal() else 0,
            )
        )
    return tuple(found)


def _version(
    answers: Answers,
    item: dict[str, Json],
    subject: str,
    kind: SchemaType,
    contents: dict[int, tuple[str, tuple[Reference, ...]]],
) -> RegisteredSchema | None:
    """A version, or None if its content was not there yet when the contents were exported."""
    content_id = answers.number(item.get("contentId"), "contentId")
    if content_id not in contents:
        return None
    text, references = contents[content_id]
    return RegisteredSchema(
        subject=subject,
        version=answers.number(item.get("versionOrder"), "versionOrder"),
        id=content_id,
        content=SchemaContent(text, kind, references),
    )
