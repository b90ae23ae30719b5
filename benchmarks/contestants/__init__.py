"""Our side of the benchmarks: processes that wait for their turn."""
