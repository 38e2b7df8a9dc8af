"""Buckets on the S3 target, by plain HTTP: its server checks no signature."""

from __future__ import annotations

import httpx

from kafkaops.errors import PlatformError

# Only the credential scope's region is read from it.
_AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=dev/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def create(endpoint: str, bucket: str) -> None:
    """See `kafkaops.devcluster.create_bucket`."""
    url = f"{endpoint}/{bucket}"
    try:
        answer = httpx.put(url, headers={"Authorization": _AUTHORIZATION}, timeout=10, trust_env=False)
    except httpx.TransportError as error:
        raise PlatformError.of("KO712", f"the S3 target at {endpoint} does not answer: {error}") from error
    if answer.is_error:
        raise PlatformError.of(
            "KO712",
            f"the S3 target refused to make the bucket {bucket!r} (HTTP {answer.status_code})",
            detail=answer.text[:500] or None,
            hint="bucket names have 3 to 63 lower-case letters, digits, '-' and '.'",
        )
