"""The meaning of messages: Avro contracts, topics, codec; it opens no connection."""
