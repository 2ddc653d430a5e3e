"""The local stack: a real Kafka with its services as child processes."""
