#!/usr/bin/env bash
# Builds RocksDB from the source of Debian's package, without its assertions and with the CPU's own checksums (SSE 4.2, of 2008 and later):
# the part of a request that is RocksDB's takes about half the time. Never required; ten minutes on two cores.
#
#   scripts/rocksdb.sh
#   GATEHOUSE_ROCKSDB=$PWD/build/rocksdb/librocksdb.a scripts/build.sh release
source "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) sed -n '2,6s/^# \?//p' "$0"; exit ;; esac

need_packages "${BUILD_PACKAGES[@]}" dpkg-dev

folder=$PWD/build/rocksdb
as_owner mkdir -p "$folder"
step "fetching the source of Debian's librocksdb-dev"
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own/lists/partial"
version=$(dpkg-query -W -f '${source:Version}' librocksdb-dev)
apt-get indextargets --format 'deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
  grep ' bookworm' | sort -u >"$own/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$own/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$own/lists"
  -o Acquire::Retries=3 -o APT::Sandbox::User=root)
as_root "${apt[@]}" update
(cd "$folder" && rm -rf rocksdb-*/ && as_root "${apt[@]}" source "rocksdb=$version" >/dev/null)

checksums=()
[ "$(uname -m)" != x86_64 ] || checksums=(-DFORCE_SSE42=ON)
step "building build/rocksdb/librocksdb.a (-j $(jobs_that_fit))"
as_owner cmake -S "$folder"/rocksdb-*/ -B "$folder" -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DPORTABLE=ON "${checksums[@]}" -DUSE_RTTI=ON \
  -DWITH_SNAPPY=ON -DWITH_LZ4=ON -DWITH_ZLIB=ON -DWITH_ZSTD=ON -DWITH_BZ2=ON -DWITH_GFLAGS=OFF -DROCKSDB_BUILD_SHARED=OFF \
  -DWITH_TESTS=OFF -DWITH_TOOLS=OFF -DWITH_CORE_TOOLS=OFF -DWITH_BENCHMARK_TOOLS=OFF -DFAIL_ON_WARNINGS=OFF >"$folder/cmake.log" 2>&1 ||
  { cat "$folder/cmake.log" >&2; die "configuring RocksDB failed"; }
as_owner cmake --build "$folder" -j "$(jobs_that_fit)" --target rocksdb </dev/null
step "GATEHOUSE_ROCKSDB=$folder/librocksdb.a scripts/build.sh release   links it"
