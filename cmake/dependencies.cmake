# Everything that comes from Debian 12, as imported targets. Modules name them in PRIVATE_LIBS:
#   OpenSSL::SSL OpenSSL::Crypto spdlog::spdlog yaml-cpp nlohmann_json::nlohmann_json CLI11::CLI11
#   PkgConfig::CARES PkgConfig::HIREDIS PkgConfig::RE2 ZLIB::ZLIB PkgConfig::SIMDJSON PkgConfig::DEFLATE
#   PkgConfig::BROTLIENC PkgConfig::ZSTD gatehouse::rocksdb
# Boost is gatehouse::boost (src/boost), which every module gets.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(BROTLIENC REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)  # of the tests
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# The static library: 13 % fewer instructions than the shared one, and one dependency less on the machine that runs it.
# ThreadSanitizer needs the shared one: it leaves alone what a library without instrumentation hands on by its own atomics.
if(GATEHOUSE_SANITIZE MATCHES thread)
  find_library(GATEHOUSE_ROCKSDB librocksdb.so REQUIRED)
else()
  find_library(GATEHOUSE_ROCKSDB librocksdb.a REQUIRED)
endif()
add_library(gatehouse_rocksdb INTERFACE)
add_library(gatehouse::rocksdb ALIAS gatehouse_rocksdb)
target_link_libraries(gatehouse_rocksdb INTERFACE ${GATEHOUSE_ROCKSDB} snappy z bz2 lz4 zstd Threads::Threads ${CMAKE_DL_LIBS})

# AUTO becomes ON or OFF for this configure run only, so that a package installed later is noticed.
if(GATEHOUSE_TESTS STREQUAL AUTO)
  find_package(GTest QUIET)
  set(GATEHOUSE_TESTS ${GTest_FOUND})
elseif(GATEHOUSE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(GATEHOUSE_BENCH STREQUAL AUTO)
  find_package(benchmark QUIET)
  set(GATEHOUSE_BENCH ${benchmark_FOUND})
elseif(GATEHOUSE_BENCH)
  find_package(benchmark REQUIRED)
endif()
