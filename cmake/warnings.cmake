# Warnings for our own code; headers of the system and of Boost come in as system headers and stay quiet.

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # False positives of g++ 12 in std::string concatenation (GCC bug 105329).
  add_compile_options(-Wno-restrict)
  if(GATEHOUSE_SANITIZE)
    # The checks that sanitizers insert confuse these flow analyses; the release build keeps them.
    add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endif()
if(GATEHOUSE_WERROR)
  add_compile_options(-Werror)
endif()
