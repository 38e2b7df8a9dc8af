"""Subjects of the schema registry: versions, references, compatibility levels."""
