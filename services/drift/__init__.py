"""The drift sidecar: reads profiles, writes drift reports and alerts, holds buckets, detectors and its budget."""
