"""Consumer groups: start positions, group configs, what is observed of them."""
