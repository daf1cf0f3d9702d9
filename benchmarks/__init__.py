"""Speed and memory of the package, each file a program: ``python -m benchmarks.layers``."""
