"""Runs a plan: batches, progress, stop-what-depends."""
