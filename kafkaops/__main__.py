"""`python -m kafkaops`: the same as the `kafkaops` command."""

from __future__ import annotations

from kafkaops.cli.main import main

if __name__ == "__main__":
    main()
