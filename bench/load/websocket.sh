#!/usr/bin/env bash
# WebSocket: what a message and an idle connection cost. See README.md beside this file. Usage: websocket.sh --help
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

for tool in nginx taskset; do
    command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 2; }
done
ulimit -n "$(ulimit -Hn)"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
/usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/websocket_bench.py" --tmp "$tmp" "$@"
