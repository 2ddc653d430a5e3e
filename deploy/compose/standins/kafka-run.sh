#!/bin/bash
# What apache/kafka does at a start: configuration from KAFKA_*, a storage formatted once, then the broker.
set -euo pipefail
java=(/opt/java/bin/java -cp "/opt/kafka/libs/*" -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
if ! said=$("${java[@]}" -Dorg.slf4j.simpleLogger.defaultLogLevel=error kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config \
  --final-configs-dir /opt/kafka/config 2>&1); then
  grep --quiet "already formatted" <<< "$said" || { echo "$said"; exit 1; }
fi
# shellcheck disable=SC2086 # several words
exec "${java[@]}" ${KAFKA_HEAP_OPTS:-} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
  kafka.Kafka /opt/kafka/config/server.properties
