"""The scorer: reads features, writes predictions with dead letters and a profile, holds a model bundle."""
