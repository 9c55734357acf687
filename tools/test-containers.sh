#!/usr/bin/env bash
# Every test that needs containers, on images built from packages: `npm run test:containers`, or
# through tools/with-docker.sh where Docker may be missing.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/images/build.sh
set -a
. deploy/images/local.env
set +a
export DOCKER_BUILDKIT=0
started=$SECONDS
build_log=$(mktemp)
docker compose build >"$build_log" 2>&1 || { tail -n 30 "$build_log"; exit 1; }
rm -f "$build_log"
echo "images: ingest, consumer and setup, $((SECONDS - started)) s"
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep '^custom-events-'
STACK=containers node tools/run.mjs tools/test.ts e2e
node tools/run.mjs tools/test.ts containers
