#!/usr/bin/env bash
# Builds and runs the tests, installing what they need. The last line is `N passed, N failed[, N skipped]`.
#
#   scripts/test.sh [--preset release|dev|asan|tsan] [--only unit|integration|e2e] [-- ARGUMENTS of pytest...]
source "$(dirname "$0")/lib.sh"

preset=release only=""
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --only) only=${2:?--only needs a name}; shift 2 ;;
    -h | --help) sed -n '2,4s/^# \?//p' "$0"; exit ;;
    --) shift; break ;;
    *) die "unknown argument $1 (see --help)" ;;
  esac
done
case $only in "" | unit | integration | e2e) ;; *) die "--only is one of unit, integration, e2e" ;; esac
wants() { [ -z "$only" ] || [ "$only" = "$1" ]; }

# What the tests need to run; comes while they are compiled.
fetch_the_rest() {
  need_packages "${TEST_PACKAGES[@]}"
  [ "$only" = unit ] || as_owner /usr/bin/python3 tests/support/python/references.py
}

need_packages "${BUILD_PACKAGES[@]}" "${TEST_BUILD_PACKAGES[@]}"
fetch_log=$(mktemp)
fetch_the_rest >"$fetch_log" 2>&1 </dev/null &
fetching=$!
trap 'wait; rm -f "$fetch_log"' EXIT  # an installation is not left half done
build "$preset" -DGATEHOUSE_TESTS=ON
fetched=0
wait $fetching || fetched=$?
cat "$fetch_log"
[ $fetched -eq 0 ] || die "what the tests need could not be installed"

results=build/$preset/tests/results
rm -rf "$results"
as_owner mkdir -p "$results/sanitizer"

# For what runs outside ctest; the same values are in cmake/sanitizers.cmake. Findings go to files, so that one in a
# gateway that a test had started is seen even when the test is content.
log=$PWD/$results/sanitizer/report
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:detect_leaks=1:quarantine_size_mb=64:log_path=$log
export LSAN_OPTIONS=suppressions=$PWD/cmake/lsan-suppressions.txt:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:log_path=$log
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=$PWD/cmake/tsan-suppressions.txt:log_path=$log
export GATEHOUSE_BIN=$PWD/build/$preset/gatehouse GATEHOUSE_PRESET=$preset

launch=(as_owner)
if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then
  launch+=(setarch -R)  # ThreadSanitizer of g++ 12 cannot place its shadow where some kernels put randomised mappings
fi

status=0
if wants unit; then
  step "unit tests ($preset)"
  # Two a core: much of their time they wait for a disk or a deadline.
  "${launch[@]}" ctest --test-dir "build/$preset" -j $((2 * $(nproc))) --output-on-failure --no-tests=error \
    --output-junit "$PWD/$results/ctest.xml" </dev/null || status=1
fi

folders=()
for name in integration e2e; do
  if wants "$name" && [ -d "tests/$name" ]; then folders+=("tests/$name"); fi
done
if [ ${#folders[@]} -gt 0 ]; then
  step "${folders[*]} ($preset)"
  code=0
  "${launch[@]}" /usr/bin/python3 -m pytest -q -ra --timeout=300 --junitxml="$results/pytest.xml" "$@" "${folders[@]}" \
    </dev/null || code=$?
  [ $code -eq 0 ] || [ $code -eq 5 ] || status=1  # 5: no test in these folders
fi

as_owner /usr/bin/python3 scripts/count_tests.py "$results" "$status" || exit 1
