#!/usr/bin/env bash
# Overnight forms of the store's tests: kill -9 under load, linearizability, differential requests, power failures and broken disks, with
# new seeds until the time is over or something fails; what failed can be repeated with the seed that is printed.
#
#   scripts/soak-store.sh [HOURS]        (8 unless told; a fraction such as 0.1 is fine)
source "$(dirname "$0")/lib.sh"

case ${1:-8} in
  -h | --help) sed -n '2,5s/^# \?//p' "$0"; exit ;;
  *[!0-9.]* | "") die "not a number of hours: $1" ;;
esac
need_packages "${BUILD_PACKAGES[@]}" "${TEST_BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build release -DGATEHOUSE_TESTS=ON -- gatehouse tests/gatehouse_dynamo_engine_test
export GATEHOUSE_BIN=$PWD/build/release/gatehouse
cd tests/support/python
exec /usr/bin/python3 -m store_soak --hours "${1:-8}"
