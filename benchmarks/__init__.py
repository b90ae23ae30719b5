"""What Modiste claims about speed, each claim beside its peer: `make bench`, `make bench-full`.

Each script can be run alone, from the repository's root: `python -m benchmarks.NAME --help`.
"""
