"""Changes, their reasons and risks, their order, the guards. Pure: no I/O."""
