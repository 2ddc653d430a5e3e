"""The `driftline why` command: the story of one event."""
