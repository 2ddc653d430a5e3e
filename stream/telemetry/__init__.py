"""What a process lets be seen of itself: metrics, health, logs."""
