"""One way to digest a JSON document, for plans, specs and what was observed."""

from __future__ import annotations

import hashlib
import json


def digest_of(document: object) -> str:
    """sha256 in hexadecimal of a JSON document, the same for the same content.

    Lone surrogates are taken, too: they stand for the bytes of file names that are no Unicode.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
