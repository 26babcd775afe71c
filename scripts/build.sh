#!/usr/bin/env bash
# Builds one preset (release, dev, asan, tsan, fuzz) into build/<preset>/, installing what the build needs.
#
#   scripts/build.sh [PRESET] [TARGET...]
source "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) sed -n '2,4s/^# \?//p' "$0"; exit ;; esac

preset=${1:-release}
[ $# -eq 0 ] || shift
need_packages "${BUILD_PACKAGES[@]}"
case $preset in
  release) ;;
  fuzz) need_packages "${FUZZ_PACKAGES[@]}" ;;
  *) need_packages "${TEST_BUILD_PACKAGES[@]}" ;;
esac
build "$preset" -- "$@"
