#!/usr/bin/env bash
# Builds the gateway if anything changed, and runs it with config/gatehouse.yaml on :8080, together with the demo backend
# that this file proxies to.
#
#   scripts/run.sh [ARGUMENTS of gatehouse run...]
source "$(dirname "$0")/lib.sh"

need_packages "${BUILD_PACKAGES[@]}"
build release -- gatehouse
step "build/release/gatehouse run config/gatehouse.yaml --demo-backend $*"
exec build/release/gatehouse run config/gatehouse.yaml --demo-backend "$@"
