"""Crayfish's task: events of 784 numbers, the network that serves them, the figures published for others."""
