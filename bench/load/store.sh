#!/usr/bin/env bash
# The gateway's store beside dynoxide, dynalite and DynamoDB Local: see README.md beside this file. Usage: store.sh --help
set -euo pipefail

for tool in wrk strace taskset /usr/bin/python3; do
    command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 2; }
done
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/store_bench.py" "$@"
