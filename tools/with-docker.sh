#!/usr/bin/env bash
# Runs a command with a Docker engine and the Compose plugin: `tools/with-docker.sh npm run …`.
#
# What is there is used. What is missing is made where it may be: the engine from Debian's package
# (as root), private to this command and ended with it; the plugin from the Go module proxy, kept in
# the cache folder. Where it may not, this says so in one loud line and exits 69.
#
#   DOCKER_DATA=FOLDER   keep the images of the private engine there from one run to the next
set -euo pipefail

readonly COMPOSE_VERSION=v2.40.3 UNAVAILABLE=69 ENGINE_START_SECONDS=30 ENGINE_STOP_SECONDS=60
readonly CACHE="${CUSTOM_EVENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/custom-events}"

main() {
  [ $# -gt 0 ] || { echo 'usage: with-docker.sh COMMAND…' >&2; exit 64; }
  # Not /tmp, which may be memory.
  work=$(mktemp -d -p /var/tmp custom-events-docker-XXXXXX)
  engine='' child=''
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  docker info >/dev/null 2>&1 || start_engine
  docker compose version >/dev/null 2>&1 || add_compose
  local code=0
  run "$@" || code=$?
  exit "$code"
}

# In the background, because bash hears no signal while it waits for a command in the foreground.
run() {
  local code=0
  "$@" <&0 &
  child=$!
  wait "$child" || code=$?
  child=''
  return "$code"
}

start_engine() {
  command -v dockerd >/dev/null || install_engine
  [ "$(id -u)" = 0 ] || unavailable 'no Docker engine answers, and starting one needs root'
  export DOCKER_HOST="unix://$work/docker.sock"
  # No image of a registry can be counted on, so testcontainers must do without its reaper.
  export TESTCONTAINERS_RYUK_DISABLED=true
  # Should this shell be killed with -9, the engine ends, too.
  setpriv --pdeathsig TERM -- dockerd --data-root "${DOCKER_DATA:-$work/data}" --exec-root "$work/exec" \
    --host "$DOCKER_HOST" --pidfile "$work/pid" >"$work/dockerd.log" 2>&1 </dev/null &
  engine=$!
  local deadline=$((SECONDS + ENGINE_START_SECONDS))
  until docker info >/dev/null 2>&1; do
    if ! kill -0 "$engine" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 5 "$work/dockerd.log" >&2
      unavailable 'dockerd does not start here, see above'
    fi
    sleep 0.2
  done
  echo "docker: a private engine runs ($(docker version --format '{{.Server.Version}}'))"
}

install_engine() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    unavailable 'there is no Docker engine, and installing one needs root and apt'
  echo 'docker: installing docker.io …'
  export DEBIAN_FRONTEND=noninteractive
  timeout 120 apt-get update -qq >"$work/apt.log" 2>&1 &&
    timeout 300 apt-get install -y -qq --no-install-recommends docker.io >>"$work/apt.log" 2>&1 ||
    { tail -n 5 "$work/apt.log" >&2; unavailable 'docker.io could not be installed, see above'; }
}

add_compose() {
  local plugin="$CACHE/docker-compose-$COMPOSE_VERSION"
  [ -x "$plugin" ] || build_compose "$plugin"
  export DOCKER_CONFIG="$work/config" # the user's own folder is left alone
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  ln -s "$plugin" "$DOCKER_CONFIG/cli-plugins/docker-compose"
  docker compose version
}

build_compose() {
  command -v go >/dev/null || unavailable 'there is no Compose plugin, and building it needs Go'
  echo "docker: building Compose $COMPOSE_VERSION with Go, about two minutes …"
  local module='github.com/docker/compose/v2' source="$work/compose"
  mkdir -p "$source" "$CACHE"
  printf 'module compose\n\ngo 1.24\n\nrequire %s %s\n' "$module" "$COMPOSE_VERSION" >"$source/go.mod"
  # A program is no import; the package of its commands pulls in the same modules.
  printf '//go:build tools\n\npackage tools\n\nimport _ "%s/cmd/compose"\n' "$module" >"$source/tools.go"
  run timeout 900 go build -C "$source" -mod=mod -o "$work/docker-compose" \
    -ldflags "-s -w -X $module/internal.Version=$COMPOSE_VERSION" "$module/cmd" >"$work/go.log" 2>&1 ||
    { tail -n 5 "$work/go.log" >&2; unavailable 'Compose could not be built, see above'; }
  mv "$work/docker-compose" "$1"
}

unavailable() {
  printf '\n*** NO CONTAINERS: %s. What needs them is SKIPPED.\n\n' "$*" >&2
  exit "$UNAVAILABLE"
}

# Ends only what this run started.
stop() {
  trap - EXIT
  if [ -n "$child" ]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if [ -n "$engine" ] && kill -TERM "$engine" 2>/dev/null; then
    local deadline=$((SECONDS + ENGINE_STOP_SECONDS))
    while kill -0 "$engine" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
  fi
  # An engine may leave its network namespaces mounted; what cannot be removed is no failure of the command.
  while read -r _ mounted _; do
    [[ $mounted != "$work"/* ]] || umount -l "$mounted" 2>/dev/null || true
  done </proc/mounts
  rm -rf "$work" || echo "docker: left behind: $work" >&2
}

main "$@"
