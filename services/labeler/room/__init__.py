"""The waiting room: entries by event id in a Redis-compatible store, by the time they leave, never ahead of Kafka."""
