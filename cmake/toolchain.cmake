# Build types, optimisation, hardening, and the helpers that are taken when installed: ccache and mold.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or Sanitize" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
# Tail calls stay on: without them a chain of symmetric coroutine transfers grows the stack.
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer -foptimize-sibling-calls")
# The files of a unit test: they run once and are most of what is compiled. What they test keeps the options above.
set(GATEHOUSE_TEST_OPTIONS $<$<CONFIG:Release>:-Og;-g0> $<$<CONFIG:Sanitize>:-Og>)
# What no request passes, and is mostly templates of libraries: a third less to compile.
set(GATEHOUSE_START_OPTIONS $<$<CONFIG:Release>:-O1>)

# Position-independent executables are the compilers' default on Debian. Not -fPIC: it keeps functions from being inlined.
add_compile_options(-fno-plt)
# Relative file names: a build in another folder gets the same objects (and ccache hits), and no binary tells where it was made.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(GATEHOUSE_HARDENING)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    add_compile_options(-fstack-protector-strong)
    add_compile_definitions(_FORTIFY_SOURCE=2)
    add_link_options(-Wl,-z,relro -Wl,-z,now)
  endif()
endif()

if(GATEHOUSE_LTO)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

find_program(GATEHOUSE_CCACHE ccache)
if(GATEHOUSE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Relative paths, and the option above left out of the key: another clone on this machine hits what this one compiled. The
  # sloppiness is what ccache asks for before it takes precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_IGNOREOPTIONS=-ffile-prefix-map=*
      CCACHE_SLOPPINESS=pch_defines,time_macros ${GATEHOUSE_CCACHE})
endif()

find_program(GATEHOUSE_MOLD mold)
# g++ 12 cannot hand its LTO objects to mold 1.10 reliably: the system linker does those.
if(GATEHOUSE_MOLD AND NOT GATEHOUSE_LTO)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)
