#!/usr/bin/env bash
# What the gateway's features cost a proxied request: see README.md beside this file. Usage: features.sh --help
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

for tool in wrk nginx valgrind taskset openssl perf; do
    command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 2; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
/usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/features_bench.py" --tmp "$tmp" "$@"
