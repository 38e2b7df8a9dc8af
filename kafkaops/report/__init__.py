"""Plan, run and findings as JSON, text and Markdown."""
