"""Looking at a running model again and again, for `top` and `console`: its services' counters, its topics."""
