#!/bin/bash
# Kafka's own command, from its jar.
exec /opt/java/bin/java -cp "/opt/kafka/libs/*" -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
  -Dorg.slf4j.simpleLogger.defaultLogLevel=error org.apache.kafka.tools.BrokerApiVersionsCommand "$@"
