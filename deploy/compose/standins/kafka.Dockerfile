# Stands in for apache/kafka: the same paths, the same user, configured by Kafka's own KafkaDockerWrapper.
FROM driftline-standin/debian:bookworm
COPY java /opt/java
COPY kafka /opt/kafka/libs
COPY kafka-run.sh /etc/kafka/docker/run
COPY kafka-broker-api-versions.sh /opt/kafka/bin/kafka-broker-api-versions.sh
RUN useradd --uid 1000 --create-home appuser \
 && mkdir -p /var/lib/kafka/data /opt/kafka/config /opt/kafka/logs /mnt/shared/config \
 && touch /etc/kafka/docker/server.properties /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml \
 && chown -R appuser:appuser /var/lib/kafka /opt/kafka/config /opt/kafka/logs /mnt/shared
USER 1000:1000
CMD ["/bin/bash", "/etc/kafka/docker/run"]
