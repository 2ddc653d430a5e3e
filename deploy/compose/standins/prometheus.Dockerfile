# Stands in for prom/prometheus: Debian's programs under the image's names.
FROM driftline-standin/debian:bookworm
COPY debian/usr/bin/prometheus debian/usr/bin/promtool /bin/
RUN install --directory --owner 65534 --group 65534 /prometheus
USER 65534:65534
ENTRYPOINT ["/bin/prometheus"]
