"""The notifier: reads alerts, writes nothing to Kafka, posts what is open and what is over to Alertmanagers."""
