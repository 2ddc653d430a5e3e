# Stands in for apicurio/apicurio-registry: the same program, from Maven.
FROM driftline-standin/debian:bookworm
COPY java /opt/java
COPY registry /deployments
USER 185
CMD ["/bin/sh", "-c", "exec /opt/java/bin/java $JAVA_OPTS_APPEND -Dquarkus.http.host=0.0.0.0 -jar /deployments/quarkus-run.jar"]
