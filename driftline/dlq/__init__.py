"""The `driftline dlq` commands: look at dead letters, send them again."""
