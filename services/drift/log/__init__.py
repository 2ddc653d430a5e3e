"""The profile log as it is understood: reads profiles, adds them up by bucket, closes buckets, cuts windows; pure."""
