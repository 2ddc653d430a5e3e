"""What happens before a scorer reads its first event: bundles, codec, topics, where to begin."""
