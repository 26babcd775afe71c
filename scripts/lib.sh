# What the scripts share: steps, packages, builds. Sourced, never run; leaves the caller in the project's folder.
# shellcheck shell=bash

set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
trap 'echo "error: ${0##*/}: failed: $BASH_COMMAND" >&2' ERR

BUILD_PACKAGES=(
  g++ cmake ninja-build ccache mold pkg-config
  libboost1.81-dev libssl-dev libyaml-cpp-dev libspdlog-dev nlohmann-json3-dev libcli11-dev
  libc-ares-dev libhiredis-dev libre2-dev zlib1g-dev libbrotli-dev
  librocksdb-dev libsnappy-dev libbz2-dev liblz4-dev libzstd-dev libsimdjson-dev libdeflate-dev libvalijson-dev
)
TEST_BUILD_PACKAGES=(libgtest-dev libgmock-dev python3)
TEST_PACKAGES=(
  python3-cryptography python3-pytest python3-pytest-timeout python3-pytest-xdist python3-requests python3-h11 python3-boto3 python3-websockets
  curl redis-server nginx-light nodejs openssl procps strace restic
  prometheus # promtool
  chromium # CORS in a real browser
)
# For the reference servers and clients of the DynamoDB protocol; Node.js from elsewhere brings its own npm.
TEST_PACKAGES+=(python3-venv)
for pair in npm:npm mvn:maven javac:default-jdk-headless; do
  command -v "${pair%%:*}" >/dev/null || TEST_PACKAGES+=("${pair#*:}")
done
FUZZ_PACKAGES=(clang-19 libclang-rt-19-dev)

step() { echo "==> $*"; }
die() { echo "error: $*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for: $* (run this script as root, or install sudo)"
  fi
}

# Runs a command as the user who owns the checkout when that user came here by sudo, so that build/ stays theirs.
as_owner() {
  if [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ "$(stat -c %u .)" = "$SUDO_UID" ]; then
    setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups \
      env HOME="$(getent passwd "$SUDO_UID" | cut -d: -f6)" "$@"
  else
    "$@"
  fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "warning: not a Debian system; needed are the equivalents of: $*" >&2
    return
  fi
  local installed missing=() package
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i *//p' || true)
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing Debian packages: ${missing[*]}"
  as_root bash -s -- "${missing[@]}" <<'ROOT'
set -Eeuo pipefail
export DEBIAN_FRONTEND=noninteractive
apt() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"; }
# The tests start the servers they need themselves: no package may start one on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
log=$(mktemp)
{ apt update && apt install -y --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
rm -f "$log"
if [ -d /run/systemd/system ]; then
  for package in "$@"; do
    case $package in
      nginx*) systemctl disable --quiet nginx 2>/dev/null || true ;;
      prometheus) systemctl disable --quiet prometheus 2>/dev/null || true ;;
    esac
  done
fi
ROOT
}

# How many compilers fit: one a core, and 1.5 GB of memory for each (the largest units need that much).
jobs_that_fit() {
  local cores memory_kb limit
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  if [ "$limit" != max ] && [ $((limit / 1024)) -lt "$memory_kb" ]; then memory_kb=$((limit / 1024)); fi
  local fit=$((memory_kb / 1572864))
  [ "$fit" -lt "$cores" ] || fit=$cores
  [ "$fit" -ge 1 ] || fit=1
  echo "${GATEHOUSE_JOBS:-$fit}"
}

# build PRESET [cmake -D arguments...] [-- targets...]: configures (a second), then builds what changed.
build() {
  local preset=$1 arguments=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do arguments+=("$1"); shift; done
  [ $# -eq 0 ] || { shift; targets=("$@"); }

  if [ -n "${GATEHOUSE_ROCKSDB:-}" ]; then  # of scripts/rocksdb.sh
    arguments+=("-DGATEHOUSE_ROCKSDB=$GATEHOUSE_ROCKSDB")
  else
    arguments+=(-U GATEHOUSE_ROCKSDB)
  fi
  local cache=build/$preset/CMakeCache.txt
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
    arguments+=(--fresh)  # the checkout was moved
  fi
  step "configuring $preset"
  local jobs output
  output=$(as_owner cmake --preset "$preset" --log-level=WARNING "${arguments[@]}" 2>&1 </dev/null) ||
    { echo "$output" >&2; die "configuring $preset failed"; }
  jobs=$(jobs_that_fit)
  step "building $preset (-j $jobs)"
  as_owner cmake --build --preset "$preset" -j "$jobs" ${targets[@]+--target "${targets[@]}"} </dev/null
}
