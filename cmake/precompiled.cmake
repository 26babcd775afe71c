# The standard library's headers, read once for the whole program: to read them again in each file took two thirds of the time of a
# build. Nothing of ours is among them, so no change of ours makes them be read again. That every public header includes
# what it needs is still seen: the header check goes without.

option(GATEHOUSE_PRECOMPILED "Precompile the headers of the standard library" ON)

if(GATEHOUSE_PRECOMPILED)
  # What single libraries ask for and what sets a macro: with it everywhere, all can share the headers.
  add_compile_options(-pthread)
  add_compile_definitions(_FILE_OFFSET_BITS=64)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # The first is ccache's condition. The others: g++ forgets, in precompiled headers, where those headers say that its warning is a
    # mistake; the dev preset goes without them and keeps the warnings.
    add_compile_options(-fpch-preprocess -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow)
  endif()
endif()

set(standard_headers
    algorithm array atomic bit cerrno charconv chrono cmath compare condition_variable coroutine cstddef cstdint cstdio cstdlib cstring
    deque exception functional initializer_list iterator limits list map memory mutex new optional set
    span stdexcept string string_view system_error thread tuple type_traits unordered_map unordered_set utility variant vector)
list(TRANSFORM standard_headers REPLACE "(.+)" "<\\1>")

# _gatehouse_add_precompiled(<name> <libraries> <options> <headers>...): what targets compiled with the same options can share.
function(_gatehouse_add_precompiled name libraries options)
  set(source ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "" @ONLY)
  add_library(gatehouse_precompiled_${name} OBJECT ${source})
  target_link_libraries(gatehouse_precompiled_${name} PRIVATE ${libraries})
  target_compile_options(gatehouse_precompiled_${name} PRIVATE ${options})
  target_precompile_headers(gatehouse_precompiled_${name} PRIVATE ${ARGN})
endfunction()

# gatehouse_use_precompiled(<target> product|test)
function(gatehouse_use_precompiled target name)
  if(NOT GATEHOUSE_PRECOMPILED)
    return()
  endif()
  if(NOT TARGET gatehouse_precompiled_${name})
    if(name STREQUAL test)
      _gatehouse_add_precompiled(test "gatehouse::boost;GTest::gmock" "${GATEHOUSE_TEST_OPTIONS}" ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
    else()
      _gatehouse_add_precompiled(product gatehouse::boost "" ${standard_headers})
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM gatehouse_precompiled_${name})
endfunction()
