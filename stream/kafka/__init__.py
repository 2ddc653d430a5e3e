"""The room that alone speaks to Kafka through confluent-kafka."""
