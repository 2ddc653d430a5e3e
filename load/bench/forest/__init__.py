"""The trees of the benchmarks asked in several ways, in an environment that has the libraries for it."""
