"""Reading many subjects at once, in the way that a registry has for it, and nothing less than everything.

`GET /subjects` is complete everywhere and is the truth about which subjects exist. What a bulk read then
lacks, or has too much, of the subjects that matter is asked for by name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection
from http import HTTPStatus

from kafkaops.clients.apicurio import EXPORT_PATH, Export, native_url, read_export
from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.http import HttpApi
from kafkaops.clients.http_errors import Asked, HttpStatusError, broke_off, not_of_this_api
from kafkaops.clients.registry import RegisteredSchema
from kafkaops.clients.registry_answers import Answers
from kafkaops.errors import PlatformError

PAGE = 1000
"""Confluent gives no more on a page, whatever is asked for."""
_ZIP = b"PK"
_SHOWN = 200
"""Bytes that tell a web page from something else."""
_NOT_OFFERED = frozenset({401, 403, 404, 405, 501})
"""Answers to a bulk read that say: not here, or not for you."""


def export(api: HttpApi) -> Export | None:
    """Apicurio's export, or None where there is none to be had. Half an export is asked for again, once."""
    url = native_url(api.url)
    if url is None:
        return None
    native, asked = api.at(url), Asked(api.system, url, "GET", EXPORT_PATH)
    for last in (False, True):
        try:
            archive = native.get_bytes(EXPORT_PATH)
            if archive and not archive.startswith(_ZIP):  # a page for people, mostly
                raise not_of_this_api(asked, HTTPStatus.OK, "", archive[:_SHOWN].decode(errors="replace"))
            return read_export(archive, url)
        except HttpStatusError as error:
            if error.status in _NOT_OFFERED:
                return None
            raise
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            if last:
                raise broke_off(asked, f"the export of {len(archive)} bytes is not whole: {error}") from error
    return None


def latest_by_pages(api: HttpApi, subjects: Collection[str]) -> dict[str, RegisteredSchema] | None:
    """The newest version of every subject by `GET /schemas`, or None where that is of no use.

    Pages are stepped through by what they hold: a registry may give fewer than were asked for.
    """
    answers = Answers(api.url, "/schemas")
    found: dict[str, RegisteredSchema] = {}
    offset = 0
    while not found.keys() >= set(subjects):
        try:
            page = api.get("/schemas", {"latestOnly": True, "offset": offset, "limit": PAGE})
        except HttpStatusError as error:
            if error.status in _NOT_OFFERED and offset == 0:
                return None
            raise
        items = [answers.mapping(item) for item in answers.sequence(page)]
        if offset == 0 and items and not {"subject", "id", "version"} <= items[0].keys():
            return None
        before = len(found)
        for item in items:
            registered = answers.registered(item)
            found[registered.subject] = registered
        if len(found) == before:
            break  # the last page, or a registry that knows no offset
        offset += len(items)
    return found


def completed(
    found: dict[str, RegisteredSchema],
    wanted: Collection[str],
    existing: frozenset[str],
    ask: Callable[[str], RegisteredSchema | None],
    url: str,
) -> dict[str, RegisteredSchema]:
    """Settle by name what the bulk read and the list of subjects disagree upon.

    A subject that is listed, missing from the bulk read and denied by name would be a registry that
    contradicts itself; so it was deleted meanwhile, and the plan should be made again (KO334).
    """
    doubtful = [name for name in wanted if (name in existing) != (name in found)]
    for name, registered in zip(doubtful, fan_out(ask, doubtful), strict=True):
        if registered is not None:
            found[name] = registered
        elif name in existing:
            raise PlatformError.of(
                "KO334",
                f"the schema registry at {url} lists subject {name} but has no version of it",
                address=f"schema.{name}",
                hint="if it is being changed by someone else, try again when that is done",
            )
        else:
            del found[name]
    return found
