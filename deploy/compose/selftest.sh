#!/usr/bin/env bash
# Proves compose.yaml by running it: builds the images, starts core and observability, sends flights through, kills Kafka
# and a scorer meanwhile, checks the ledger, takes everything down. Without an engine that answers it starts its own, as
# root, with stand-ins for the images; Grafana is left out. KEEP=1 leaves the stack running.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
ROOM=${SELFTEST_ROOM:-${XDG_CACHE_HOME:-$HOME/.cache}/driftline/selftest}
FLIGHTS=${FLIGHTS:-20000}
PROJECT=driftline-selftest
SERVICES=(kafka registry valkey init scorer labeler drift notifier prometheus alertmanager)
ENGINE=
BEGAN=$SECONDS

say() { printf '%4ds  %s\n' "$((SECONDS - BEGAN))" "$1"; }
refuse() { printf 'error: %s\nfix: %s\n' "$1" "$2" >&2; exit 2; }
compose() { docker compose --project-directory "$HERE" --project-name "$PROJECT" --file "$HERE/compose.yaml" "$@"; }
python() { "$ROOT/.venv/bin/python" "$@"; }

mkdir -p "$ROOM"
exec 9> "$ROOM/lock"
flock --nonblock 9 || refuse "another self test is running" "wait for it, or give a SELFTEST_ROOM of your own"

# shellcheck source-path=SCRIPTDIR source=standins/engine.sh
source "$HERE/standins/engine.sh"
set -a
# shellcheck source-path=SCRIPTDIR source=.env
source <(sed -E "s/^(FLIGHTS)=.*//" "$HERE/.env")
set +a
export FLIGHTS SPEED=${SELFTEST_SPEED:-10000}
# Ports of this run alone: a stack of the user's own may run beside it.
for name in KAFKA REGISTRY SCORER LABELER DRIFT NOTIFIER PROMETHEUS ALERTMANAGER; do
  port="${name}_PORT"
  export "$port=$((${!port} + 20000))"
done

finish() {
  local code=$?
  trap - EXIT INT TERM
  if [ -n "${STARTED:-}" ]; then
    [ "$code" = 0 ] || { compose ps --all; compose logs --tail 15; } >&2 || true
    if [ -n "${KEEP:-}" ]; then say "kept: docker compose --project-name $PROJECT"; exit "$code"; fi
    say "taking everything down"
    compose --profile '*' down --volumes --remove-orphans --timeout 30 > /dev/null 2>&1 || code=1
    [ -z "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$PROJECT")" ] || code=1
  fi
  stop_engine
  if [ "$code" = 0 ]; then say "selftest: passed"; else say "selftest: FAILED ($code)"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

build_images() { # As compose.yaml says, by the engine itself: Compose's own builder needs buildx.
  compose --profile '*' config --format json | python -c '
import json, sys
for service in json.load(sys.stdin)["services"].values():
    if "build" in service:
        args = " ".join(f"--build-arg {key}={value}" for key, value in service["build"]["args"].items())
        print(service["image"], args)' | sort -u | while read -r image args; do
    say "building $image"
    # shellcheck disable=SC2086 # several words
    docker build --quiet --network host --tag "$image" $args --file "$ROOT/deploy/Dockerfile" "$ROOT" > /dev/null
  done
}

until_reached() { # until_reached WORDS COMMAND...: patience of ten minutes, then a failure.
  local words=$1 deadline=$((SECONDS + 600)); shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || { say "waited in vain until $words"; return 1; }
    sleep 2
  done
  say "$words"
}

committed() { # committed N: the scorer's offsets have passed N.
  local ended
  ended=$(curl --fail --silent "http://127.0.0.1:$SCORER_PORT/metrics" \
    | awk '/^driftline_events_total\{/ {n += $2} END {printf "%d", n}') || return 1
  [ "$ended" -ge "$1" ]
}

drained() { # Nothing is behind, neither for the scorer nor for the labeler, and some seconds later still nothing.
  is_drained && sleep 5 && is_drained
}

is_drained() {
  local port
  for port in "$SCORER_PORT" "$LABELER_PORT"; do
    curl --fail --silent "http://127.0.0.1:$port/metrics" \
      | awk '/^driftline_lag_messages\{/ {seen = 1; if ($2 > 1) behind = 1} END {exit !seen || behind}' || return 1
  done
}

sent_all() { [ "$(docker inspect --format '{{.State.Status}}' "$(compose ps --all --quiet replayer)")" = exited ]; }

healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps --all --quiet "$1")")" = healthy ]; }

answers() { compose exec -T kafka /opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:19092 > /dev/null 2>&1; }

scrapes() { # Every process of ours is up for Prometheus.
  compose exec -T prometheus promtool query instant http://127.0.0.1:9090 'sum(up{job=~"scorer|labeler|drift|notifier"})' \
    2> /dev/null | grep -q '=> 4 @'
}

crash() { # crash SERVICE: SIGKILL, some seconds of nothing, a start.
  say "killing $1 with SIGKILL"
  compose kill --signal KILL "$1" > /dev/null 2>&1
  sleep 5
  compose start "$1" > /dev/null 2>&1
}

steady() { # Nobody fell over by himself: what was killed on purpose is not counted as a restart.
  local name
  for name in "${SERVICES[@]}"; do
    [ "$(docker inspect --format '{{.RestartCount}}' "$(compose ps --all --quiet "$name")")" = 0 ] \
      || { say "$name ended by itself and was started again"; return 1; }
  done
  say "nobody ended by himself"
}

judge() { # The ledger as people read it, then its figures held against what the replayer says it sent.
  compose --profile tools run --rm --no-deps -T tools ledger --brokers kafka:19092 --model "$MODEL" --role all
  compose --profile tools run --rm --no-deps -T tools ledger --brokers kafka:19092 --model "$MODEL" --json > "$ROOM/ledger.json"
  compose logs --no-log-prefix replayer | grep '^{' | tail -1 > "$ROOM/sent.json"
  python - "$ROOM/ledger.json" "$ROOM/sent.json" << 'EOF'
import json, sys
ledger, sent = (json.load(open(name)) for name in sys.argv[1:])
read = sum(row["read"] for row in ledger["partitions"])
due = sent["events"] + sum(sent["bad"].values()) + sent["marks"] // 2
print(f"sent {due:,} records, {sent['undelivered']} not delivered; read {read:,}; ledger {ledger['verdict']}")
sys.exit(0 if read == due and not sent["undelivered"] and ledger["verdict"] == "balanced" else 1)
EOF
}

say "asking for a Docker Engine"
if ! docker version > /dev/null 2>&1; then start_engine; fi
have_compose
say "engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short)"
if [ -n "$ENGINE" ]; then have_standins; fi
build_images
STARTED=1
say "starting ${SERVICES[*]}"
compose --profile observability up --detach --no-build --wait --wait-timeout 600 "${SERVICES[@]}" 2>&1 | tail -n 12
say "all healthy; once more, which must change nothing"
compose --profile observability up --detach --no-build --wait --wait-timeout 600 "${SERVICES[@]}" > /dev/null 2>&1
compose logs --no-log-prefix init | tail -n 30 | grep -q '"created": \[\]' || refuse "init created topics twice" "see its log"

say "sending $FLIGHTS flights, $SPEED s of 2013 a second"
compose --profile demo up --detach --no-build --no-deps replayer > /dev/null 2>&1
until_reached "events are being scored" committed 500
crash kafka
until_reached "Kafka answers again" answers
if sent_all; then refuse "all was sent before the scorer could be killed" "a lower SELFTEST_SPEED"; fi
crash scorer
until_reached "the scorer is healthy again" healthy scorer
until_reached "all flights are sent" sent_all
until_reached "nothing is behind" drained
until_reached "Prometheus scrapes scorer, labeler, drift and notifier" scrapes
steady
judge
