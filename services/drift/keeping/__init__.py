"""What outlives the process: the snapshot of everything that was added up, written in chunks with a manifest."""
