#!/usr/bin/env bash
# Gateway, nginx and HAProxy in turn, side by side: see README.md beside this file. Usage: run.sh --help
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

needs=(wrk nginx haproxy strace valgrind) # each is the Debian package of the same name
missing=()
for tool in "${needs[@]}"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
if ((${#missing[@]})); then
    if ((EUID != 0)); then
        echo "missing: ${missing[*]}; install them with: apt-get install ${missing[*]}" >&2
        exit 2
    fi
    echo "installing ${missing[*]}" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
/usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/bench.py" --tmp "$tmp" "$@" &
bench=$!
trap 'kill "$bench" 2>/dev/null' INT TERM # it ends the servers it started; the second wait lets it
status=0
wait "$bench" || status=$?
wait "$bench" || status=$?
exit "$status"
