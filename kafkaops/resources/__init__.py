"""One folder a resource kind, each with the same rooms: model, read, diff, apply."""
