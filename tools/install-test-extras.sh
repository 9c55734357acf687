#!/usr/bin/env bash
# What some tests need beside the quick start: Chromium, for those that look at a page. Never fails:
# a test whose program is missing says so and is skipped.
set -uo pipefail

say() { printf '\n*** %s\n\n' "$*"; }

if command -v chromium chromium-browser google-chrome >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say 'Chromium is not here and cannot be installed (needs root and apt): browser tests are SKIPPED.'
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if timeout 120 apt-get update -qq >"$log" 2>&1 &&
  timeout 420 apt-get install -y -qq --no-install-recommends chromium >>"$log" 2>&1; then
  chromium --version
else
  tail -n 20 "$log"
  say 'Chromium could not be installed: browser tests are SKIPPED.'
fi
rm -f "$log"
exit 0
