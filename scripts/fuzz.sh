#!/usr/bin/env bash
# Builds the fuzz preset and runs each target (or the named ones) for a bounded time on its corpus, tests/fuzz/corpus/<name>.
#
#   scripts/fuzz.sh [SECONDS] [NAME...]
#
# What a run discovers is kept in build/fuzz/corpus/<name>; an input that fails lies in build/fuzz/findings/.
source "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) sed -n '2,6s/^# \?//p' "$0"; exit ;; esac

seconds=${1:-60}
[ $# -eq 0 ] || shift
[ -e tests/fuzz/CMakeLists.txt ] || { step "no fuzz targets"; exit 0; }
need_packages "${BUILD_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
build fuzz

if [ $# -gt 0 ]; then names=("$@"); else mapfile -t names <build/fuzz/fuzzers.txt; fi
as_owner mkdir -p build/fuzz/findings
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
clean=0 found=()
for name in "${names[@]}"; do
  step "fuzzing $name for $seconds s"
  corpus=(build/fuzz/corpus/"$name")
  as_owner mkdir -p "${corpus[0]}"
  if [ -d "tests/fuzz/corpus/$name" ]; then corpus+=("tests/fuzz/corpus/$name"); fi
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0
    -artifact_prefix="build/fuzz/findings/$name-")
  if [ -e "tests/fuzz/$name.dict" ]; then options+=(-dict="tests/fuzz/$name.dict"); fi
  if as_owner "build/fuzz/fuzz/$name" "${options[@]}" "${corpus[@]}" </dev/null; then
    clean=$((clean + 1))
  else
    found+=("$name")
  fi
done
echo "$clean passed, ${#found[@]} failed"
[ ${#found[@]} -eq 0 ] || die "findings in: ${found[*]} (build/fuzz/findings)"
