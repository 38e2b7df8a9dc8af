"""From a registry's JSON to values. What does not look as the API describes is an error, never "nothing"."""

from __future__ import annotations

from kafkaops.clients.registry import Reference, RegisteredSchema, SchemaContent, SchemaType
from kafkaops.errors import PlatformError
from kafkaops.plan.model import Json


def unusable(url: str, path: str, expected: str) -> PlatformError:
    """KO330."""
    return PlatformError.of(
        "KO330",
        f"the schema registry at {url} answered {path} with something other than {expected}",
        hint=f"is {url} the base URL of a registry that speaks Confluent's API?",
    )


class Answers:
    """Reads the answers to one request; `url` and `path` name it in errors."""

    def __init__(self, url: str, path: str) -> None:
        self.url, self.path = url, path

    def mapping(self, data: Json) -> dict[str, Json]:
        """A JSON object."""
        if isinstance(data, dict):
            return data
        raise unusable(self.url, self.path, "a JSON object")

    def sequence(self, data: Json) -> list[Json]:
        """A JSON array."""
        if isinstance(data, list):
            return data
        raise unusable(self.url, self.path, "a JSON array")

    def text(self, data: Json, what: str) -> str:
        """A string."""
        if isinstance(data, str):
            return data
        raise unusable(self.url, self.path, f"{what} as a string")

    def number(self, data: Json, what: str) -> int:
        """A whole number."""
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        raise unusable(self.url, self.path, f"{what} as a number")

    def texts(self, data: Json, what: str) -> tuple[str, ...]:
        """An array of strings."""
        return tuple(self.text(item, what) for item in self.sequence(data))

    def numbers(self, data: Json, what: str) -> tuple[int, ...]:
        """An array of whole numbers."""
        return tuple(self.number(item, what) for item in self.sequence(data))

    def content(self, data: Json) -> SchemaContent:
        """`schema`, `schemaType` (absent for Avro) and `references` (absent for none)."""
        item = self.mapping(data)
        references = self.sequence(item.get("references") or [])
        return SchemaContent(
            text=self.text(item.get("schema"), "schema"),
            type=self.schema_type(item.get("schemaType")),
            references=tuple(self.reference(reference) for reference in references),
        )

    def schema_type(self, data: Json) -> SchemaType:
        """A schema's language."""
        try:
            return SchemaType(self.text(data or SchemaType.AVRO, "schemaType"))
        except ValueError:
            raise unusable(self.url, self.path, f"a schemaType of {', '.join(SchemaType)}") from None

    def reference(self, data: Json) -> Reference:
        """`name`, `subject`, `version`."""
        item = self.mapping(data)
        return Reference(
            name=self.text(item.get("name"), "a reference's name"),
            subject=self.text(item.get("subject"), "a reference's subject"),
            version=self.number(item.get("version"), "a reference's version"),
        )

    def registered(self, data: Json) -> RegisteredSchema:
        """One version of a subject."""
        item = self.mapping(data)
        return RegisteredSchema(
            subject=self.text(item.get("subject"), "subject"),
            version=self.number(item.get("version"), "version"),
            id=self.number(item.get("id"), "id"),
            content=self.content(item),
            metadata=self.metadata(item.get("metadata")),
        )

    def metadata(self, data: Json) -> tuple[tuple[str, str], ...]:
        """The properties of `{properties: {…}}`, which most schemas do not have."""
        properties = self.mapping(self.mapping(data or {}).get("properties") or {})
        return tuple(sorted((key, self.text(value, "a metadata property")) for key, value in properties.items()))

    def places(self, data: Json) -> tuple[tuple[str, int], ...]:
        """`[{subject, version}, …]`."""
        items = [self.mapping(item) for item in self.sequence(data)]
        return tuple(
            (self.text(item.get("subject"), "subject"), self.number(item.get("version"), "version")) for item in items
        )
