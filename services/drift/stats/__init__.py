"""The statistics of the drift sidecar: plain arrays in, numbers out; no message, no clock, no chance."""
