"""Traffic on purpose: the flights replay, benchmarks."""
