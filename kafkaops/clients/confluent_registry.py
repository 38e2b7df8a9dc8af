"""The schema registry's port over Confluent's REST API, as Confluent's, Apicurio's and others' speak it.

Where registries differ, the comment says which was seen to do what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from http import HTTPStatus
from urllib.parse import quote

from kafkaops.clients import registry_bulk
from kafkaops.clients.apicurio import dry_run, native_url
from kafkaops.clients.fan_out import both, fan_out
from kafkaops.clients.http import DEFAULT_PATIENCE, HttpApi, Params, Patience
from kafkaops.clients.http_connection import Resolves
from kafkaops.clients.http_errors import HttpStatusError
from kafkaops.clients.registry import (
    Mode,
    RegisteredSchema,
    RegistryRefusal,
    RegistryState,
    SchemaContent,
    SchemaType,
    Verdict,
)
from kafkaops.clients.registry_answers import Answers, unusable
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json
from kafkaops.spec.model import HttpConnection

SYSTEM = "the schema registry"
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_ABSENT = frozenset({40401, 40402, 40403, 40404, 40406, 40408, 40409})
"""Confluent's error codes for: no such subject, version or schema; soft-deleted; no own level or mode."""
_NOT_SOFT_DELETED = frozenset({40405, 40407})
_NO_METADATA = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, 405, 501})
"""Answers that say: no id here, or not for you."""


def connect_registry(
    connection: HttpConnection,
    resolver: Resolves,
    say: Callable[[str], None],
    patience: Patience = DEFAULT_PATIENCE,
) -> ConfluentRegistry:
    """The registry that an environment declares; nothing is sent yet. See `HttpApi.open` for errors."""
    api = HttpApi.open(SYSTEM, connection, resolver, media_type=MEDIA_TYPE, say=say, patience=patience)
    return ConfluentRegistry(api, say)


class ConfluentRegistry:
    """See `SchemaRegistry`."""

    def __init__(self, api: HttpApi, say: Callable[[str], None]) -> None:
        self._api, self._say = api, say
        self.url = api.url
        self.heeds_deleted_referrers = native_url(api.url) is not None
        self._asked_for_id = False
        self._cluster_id: str | None = None

    def read(
        self, subjects: Collection[str], levels_of: Collection[str] = (), global_level: bool = False
    ) -> RegistryState:
        """See the port. The names, the bulk read and the global level are read at the same time."""
        export, (names, level) = both(
            lambda: registry_bulk.export(self._api),
            lambda: both(self.subjects, lambda: self.level() if global_level else None),
        )
        wanted = sorted(set(subjects))
        if export is not None:
            found = registry_bulk.completed(export.latest(), wanted, names, self.version, self.url)
            levels: dict[str, str | None] = {name: export.levels.get(name) for name in levels_of}
            return RegistryState(names, found, levels, level, export.versions)
        found = registry_bulk.completed(self._latest(wanted, names), wanted, names, self.version, self.url)
        own = sorted(set(levels_of))
        return RegistryState(names, found, dict(zip(own, fan_out(self.level, own), strict=True)), level)

    def _latest(self, wanted: list[str], existing: frozenset[str]) -> dict[str, RegisteredSchema]:
        """The newest versions of the subjects wanted: by pages, unless asking one by one takes fewer requests."""
        asked_for = [name for name in wanted if name in existing]
        if len(asked_for) > -(-len(existing) // registry_bulk.PAGE):
            found = registry_bulk.latest_by_pages(self._api, existing)
            if found is not None:
                return found
            self._say(
                f"{SYSTEM} at {self.url} has no bulk read: reading {len(asked_for)} subjects one by one, "
                "eight at a time"
            )
        answers = zip(asked_for, fan_out(self.version, asked_for), strict=True)
        return {name: registered for name, registered in answers if registered is not None}

    def subjects(self, deleted: bool = False) -> frozenset[str]:
        """See the port."""
        params: Params = {"deleted": True} if deleted else {}
        return frozenset(Answers(self.url, "/subjects").texts(self._get("/subjects", params), "subjects"))

    def versions(self, subject: str, deleted: bool = False) -> tuple[int, ...]:
        """See the port."""
        path = f"{_subject(subject)}/versions"
        data = self._get(path, {"deleted": True} if deleted else {})
        return () if data is None else tuple(sorted(Answers(self.url, path).numbers(data, "versions")))

    def version(self, subject: str, version: int | None = None) -> RegisteredSchema | None:
        """See the port."""
        if version == 0:
            return None  # versions count from 1; some registries call 0 absent, others not valid
        path = f"{_subject(subject)}/versions/{version or 'latest'}"
        data = self._get(path)
        return None if data is None else Answers(self.url, path).registered(data)

    def every_version(self, subject: str) -> tuple[RegisteredSchema, ...]:
        """See the port. A version that is deleted meanwhile is left out."""
        found = fan_out(lambda number: self.version(subject, number), self.versions(subject))
        return tuple(registered for registered in found if registered is not None)

    def by_id(self, schema_id: int) -> SchemaContent | None:
        """See the port."""
        path = f"/schemas/ids/{schema_id}"
        data = self._get(path)
        return None if data is None else Answers(self.url, path).content(data)

    def lookup(self, subject: str, content: SchemaContent, normalize: bool = False) -> RegisteredSchema | None:
        """See the port."""
        path = _subject(subject)
        try:
            data = self._post(path, content, {"normalize": normalize}, repeatable=True)
        except HttpStatusError as error:
            if self._absent(error):
                return None
            raise self._refusal(subject, error) from error
        return Answers(self.url, path).registered(data)

    def register(self, subject: str, content: SchemaContent, normalize: bool = False) -> int:
        """See the port. Registering twice is registering once, so that it may be sent again."""
        path = f"{_subject(subject)}/versions"
        try:
            data = self._post(path, content, {"normalize": normalize}, repeatable=True)
        except HttpStatusError as error:
            raise self._refusal(subject, error) from error
        answers = Answers(self.url, path)
        return answers.number(answers.mapping(data).get("id"), "id")

    def test_compatibility(self, subject: str, content: SchemaContent, every_version: bool) -> Verdict | None:
        """See the port. Apicurio tests every version where no number is given, whatever the level."""
        path = f"/compatibility{_subject(subject)}/versions" + ("" if every_version else "/latest")
        try:
            tried = dry_run(self._api, subject, content) if content.references else None
            if tried is not None:
                return tried
            data = self._post(path, content, {"verbose": True}, repeatable=True)
        except HttpStatusError as error:
            if self._absent(error):
                return None
            raise self._refusal(subject, error) from error
        answers = Answers(self.url, path)
        item = answers.mapping(data)
        compatible = item.get("is_compatible")
        if not isinstance(compatible, bool):
            raise unusable(self.url, path, "is_compatible")
        return Verdict(compatible, answers.texts(item.get("messages") or [], "messages"))

    def level(self, subject: str | None = None, effective: bool = False) -> str | None:
        """See the port."""
        path = _config(subject)
        data = self._get(path, {"defaultToGlobal": True} if effective else {})
        if data is None:
            # Apicurio knows no level of a subject that it does not know, effective or not.
            return self.level() if effective and subject is not None else None
        answers = Answers(self.url, path)
        level = answers.text(answers.mapping(data).get("compatibilityLevel"), "compatibilityLevel")
        if subject is None or effective or level != "NONE":
            return level
        # Apicurio says NONE where nothing is set, too; then another level is in force.
        return None if self.level(subject, effective=True) != "NONE" else level

    def compatibility_group(self, subject: str) -> str | None:
        """See the port. Apicurio has no such thing."""
        data = self._get(_config(subject), {"defaultToGlobal": True})
        if data is None:
            return None
        answers = Answers(self.url, _config(subject))
        group = answers.mapping(data).get("compatibilityGroup")
        return answers.text(group, "compatibilityGroup") if group else None

    def set_level(self, subject: str | None, level: str) -> None:
        """See the port."""
        try:
            self._api.request(
                "PUT",
                _config(subject),
                body={"compatibility": level},
                repeatable=True,
                media_type=MEDIA_TYPE,
            )
        except HttpStatusError as error:
            raise self._refusal(subject or "(global)", error) from error

    def unset_level(self, subject: str) -> None:
        """See the port."""
        self._delete(_config(subject))

    def mode(self, subject: str) -> Mode:
        """See the port. Older registries know no `defaultToGlobal` here."""
        for path in (f"/mode/{quote(subject, safe='')}", "/mode"):
            data = self._get(path, {"defaultToGlobal": True})
            if data is None:
                continue
            answers = Answers(self.url, path)
            text = answers.text(answers.mapping(data).get("mode"), "mode")
            if text in Mode.__members__:
                return Mode(text)
            raise unusable(self.url, path, f"a mode of {', '.join(Mode)}")
        raise unusable(self.url, "/mode", "a mode")

    def delete_version(self, subject: str, version: int, permanent: bool = False) -> None:
        """See the port."""
        self._delete(f"{_subject(subject)}/versions/{version}", {"permanent": True} if permanent else {}, subject)

    def delete_subject(self, subject: str, permanent: bool = False) -> tuple[int, ...]:
        """See the port."""
        path = _subject(subject)
        data = self._delete(path, {"permanent": True} if permanent else {}, subject)
        return () if data is None else Answers(self.url, path).numbers(data, "versions")

    def referrers(self, subject: str, version: int) -> tuple[int, ...]:
        """See the port."""
        path = f"{_subject(subject)}/versions/{version}/referencedby"
        data = self._get(path)
        return () if data is None else Answers(self.url, path).numbers(data, "ids")

    def places_of(self, schema_id: int, deleted: bool = False) -> tuple[tuple[str, int], ...]:
        """See the port."""
        path = f"/schemas/ids/{schema_id}/versions"
        data = self._get(path, {"deleted": True} if deleted else {})
        return () if data is None else Answers(self.url, path).places(data)

    def cluster_id(self) -> str | None:
        """`GET /v1/metadata/id`, which Confluent's registry has; asked once. Apicurio has no id of its own."""
        if native_url(self.url) is None and not self._asked_for_id:
            self._cluster_id = self._ask_for_id()
            self._asked_for_id = True
        return self._cluster_id

    def _ask_for_id(self) -> str | None:
        path = "/v1/metadata/id"
        try:
            data = self._api.get(path)
        except HttpStatusError as error:
            if error.status in _NO_METADATA:
                return None
            raise
        answers = Answers(self.url, path)
        clusters = answers.mapping(answers.mapping(answers.mapping(data).get("scope")).get("clusters"))
        return "/".join(answers.text(clusters[key], key) for key in sorted(clusters))

    def close(self) -> None:
        """See the port."""
        self._api.close()

    def _get(self, path: str, params: Params | None = None) -> Json:
        """The answer, or None where the registry itself says that there is no such thing."""
        try:
            return self._api.get(path, params)
        except HttpStatusError as error:
            if self._absent(error):
                return None
            raise

    def _post(self, path: str, content: SchemaContent, params: Params, repeatable: bool) -> Json:
        body: dict[str, Json] = {"schema": content.text}
        if content.type is not SchemaType.AVRO:  # older registries do not know the field
            body["schemaType"] = content.type.value
        if content.references:
            body["references"] = [
                {"name": reference.name, "subject": reference.subject, "version": reference.version}
                for reference in content.references
            ]
        answer = self._api.request("POST", path, params=params, body=body, repeatable=repeatable, media_type=MEDIA_TYPE)
        return answer.data

    def _delete(self, path: str, params: Params | None = None, subject: str | None = None) -> Json:
        """Delete; what is not there any more (a repeated request) is deleted."""
        try:
            return self._api.request("DELETE", path, params=params, repeatable=True).data
        except HttpStatusError as error:
            if not self._absent(error):
                raise self._refusal(subject or path, error) from error
            return None

    def _absent(self, error: HttpStatusError) -> bool:
        """Whether the registry says that something is not there. Raises KO331 for anybody else's 404."""
        if error.status != HTTPStatus.NOT_FOUND:
            return False
        if error.error_code in _ABSENT | _NOT_SOFT_DELETED:
            return error.error_code in _ABSENT
        raise PlatformError.of(
            "KO331",
            f"{SYSTEM} at {self.url} answered 404 without a schema registry's error code",
            detail=error.message or None,
            hint="the URL looks wrong; Apicurio's Confluent-style API, for one, is at …/apis/ccompat/v7",
        ) from error

    def _refusal(self, subject: str, error: HttpStatusError) -> PlatformError:
        """A 409 or 422 as what it means; anything else as it is."""
        if error.error_code in _NOT_SOFT_DELETED:
            code, summary = "KO333", "the schema registry refuses: delete softly first"
        elif error.status == HTTPStatus.CONFLICT:
            code, summary = "KO332", "the schema registry refuses: incompatible"
        elif error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            code, summary = "KO333", "the schema registry refuses: not acceptable"
        else:
            return error
        return RegistryRefusal.of(
            code, summary, address=f"schema.{subject}", detail=error.message or f"status {error.status}"
        )


def _subject(name: str) -> str:
    return f"/subjects/{quote(name, safe='')}"


def _config(subject: str | None) -> str:
    return "/config" if subject is None else f"/config/{quote(subject, safe='')}"
