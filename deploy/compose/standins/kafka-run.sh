#!/bin/bash
# What apache/kafka does at a start: configuration from KAFKA_* and a formatted storage, then the broker.
set -euo pipefail
java=(/opt/java/bin/java -cp "/opt/kafka/libs/*" -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
"${java[@]}" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
# shellcheck disable=SC2086 # several words
exec "${java[@]}" ${KAFKA_HEAP_OPTS:-} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
  kafka.Kafka /opt/kafka/config/server.properties
