"""Measurements that print tables, ``python -m benchmarks.<name>``; nothing here is asserted."""
