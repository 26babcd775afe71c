# Sanitizers for the whole build, chosen by the preset. GATEHOUSE_TEST_ENVIRONMENT is what a test process needs to see.

set(GATEHOUSE_TEST_ENVIRONMENT "")
if(GATEHOUSE_SANITIZE)
  add_compile_options(-fsanitize=${GATEHOUSE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GATEHOUSE_SANITIZE})
  if(GATEHOUSE_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # g++ says that it does not model atomic_thread_fence; the known case is in tsan-suppressions.txt. Instrumented, it takes the
    # values of optionals that are compared for uninitialised.
    add_compile_options(-Wno-tsan -Wno-maybe-uninitialized)
  endif()
  if(GATEHOUSE_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  # The same values are in scripts/test.sh for what runs outside ctest.
  list(APPEND GATEHOUSE_TEST_ENVIRONMENT
       "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:detect_leaks=1"
       "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/lsan-suppressions.txt:print_suppressions=0"
       "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
       "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan-suppressions.txt")
endif()
