"""From text to Spec: positions, includes, environments, units, references, cross-checks."""
