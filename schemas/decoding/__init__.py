"""How a batch of Avro bodies becomes columns, field by field for all rows at once."""
