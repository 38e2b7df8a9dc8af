"""The sentences of the specification by which kafkaops and Avro's Java implementation part ways.

Each is quoted from Avro 1.12's specification, or said to be from elsewhere, and stands word for word in
docs/avro-compatibility.md, which says what follows from it.
"""

from __future__ import annotations

from enum import Enum


class Sentence(Enum):
    """A reason for a verdict other than Java's."""

    FIRST_BRANCH = (
        "The first schema in the reader's union that matches the writer's schema is recursively resolved against it."
    )
    NO_BRANCH = "If none match, an error is signalled."
    UNIQUE_NAMES = "It is an error to define multiple fields or enum symbols with the same name in a single type."
    UNIQUE_ALIASES = "Aliases are alternative names, and thus subject to the same uniqueness constraints as names."
    OWN_ALIAS = (
        'if data was written as a record with a field named "x" and is read as a record with a field named "y" with '
        'alias "x", then the implementation would act as though "x" were named "y" when reading.'
    )
    ANY_ALIAS = "Aliases should be valid names, but this is not required: any string is accepted as an alias."
    INVALID_DEFAULTS = (
        "Default values are only used to fill in missing data when reading. "
        "Invalid defaults create invalid values in these cases."
    )
    DEFAULT_VALUES = "Permitted values depend on the field's schema type, according to the table below."
    INVALID_NAMES = "Invalid names of types and fields can be corrected by renaming"
    NAMESPACE = "if they do not contain a dot, the namespace is the namespace of the enclosing definition."
    BEFORE_USED = "a name must be defined before it is used"
    ONE_DEFINITION = "A schema or protocol may not contain multiple definitions of a fullname."
    PREVIOUSLY_ACCEPTED = (
        "you fix the problems in the schema in a way that is compatible, "
        "and then you can use the new schema to read the old data."
    )
    REPEATED_KEYS = (
        "When the names within an object are not unique, the behavior of software that receives such an object is "
        "unpredictable."
    )
    """RFC 8259, section 4."""
    ENUM_DEFAULT = "The value provided here must be a JSON string that's a member of the symbols array."
