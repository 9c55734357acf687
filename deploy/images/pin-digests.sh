#!/usr/bin/env bash
# Pins the images of docker-compose.yml by their digests, where an image registry can be reached:
#
#   deploy/images/pin-digests.sh > pinned.env
#   docker compose --env-file pinned.env up -d --wait
#
# A tag can be moved to another image, a digest cannot. Keep pinned.env; make it anew to update.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Every ${NAME_IMAGE:-image:tag} but our own, which are built here.
defaults() {
  grep -oE '\$\{[A-Z_]+_IMAGE:-[^}]+\}' docker-compose.yml | grep -v ':local}' | sort -u |
    sed -E 's/^\$\{([A-Z_]+):-(.+)\}$/\1 \2/'
}

defaults | while read -r name image; do
  image=${!name:-$image}
  echo "pin: $image" >&2
  docker pull --quiet "$image" >/dev/null </dev/null
  digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$image" </dev/null)
  [[ $digest == *@sha256:* ]] || { echo "pin: $image has no digest: was it built here?" >&2; exit 1; }
  echo "$name=${image%%@*}@${digest#*@}"
done
