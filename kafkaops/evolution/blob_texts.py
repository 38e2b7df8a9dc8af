"""The texts of git's objects, each read once."""

from __future__ import annotations

from collections.abc import Iterable

from kafkaops.evolution.git import Repository


class BlobTexts:
    """What has been read of a repository so far."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.of: dict[str, str] = {}
        """Text by the blob's name."""

    def read(self, blobs: Iterable[str]) -> None:
        """Read many at once. Raises `UsageError` KO376 for what is not there."""
        missing = [blob for blob in dict.fromkeys(blobs) if blob not in self.of]
        self.of.update((blob, decoded(content)) for blob, content in self._repository.blobs(missing).items())

    def forget(self, blobs: Iterable[str]) -> None:
        """Let go of texts that nobody asks for again soon: together, the versions of many subjects are large."""
        for blob in blobs:
            self.of.pop(blob, None)


def decoded(content: bytes) -> str:
    """The text of a stored schema; what is not UTF-8 stays recognisable and is refused as JSON later."""
    return content.decode("utf-8-sig", "surrogateescape")
