# Stands in for prom/alertmanager: Debian's programs under the image's names.
FROM driftline-standin/debian:bookworm
COPY debian/usr/bin/prometheus-alertmanager /bin/alertmanager
COPY debian/usr/bin/amtool /bin/amtool
COPY debian/usr/share/prometheus /usr/share/prometheus
RUN install --directory --owner 65534 --group 65534 /alertmanager
USER 65534:65534
ENTRYPOINT ["/bin/alertmanager"]
