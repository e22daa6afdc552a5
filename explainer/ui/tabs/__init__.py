"""One module a tab; each builds and wires its own components."""
