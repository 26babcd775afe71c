// How RocksDB is set up: one place for every option that is not its default, each with its reason.
#pragma once

#include "gatehouse/dynamo/engine/settings.hpp"

#include <rocksdb/options.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rocksdb {
class Env;
}

namespace gatehouse::dynamo {

// The head of a row key: table u32 | index u8 | hash32(partition key).
inline constexpr std::size_t kHeadPrefix = 9;

inline constexpr std::string_view kLogFamilyName = "log";  // data is RocksDB's "default"

// Bytes of `cache` that hold single rows (row_cache.hpp). The others hold blocks.
constexpr std::uint64_t row_share(const EmbeddedSettings& settings) { return settings.cache / 4; }

rocksdb::DBOptions database_options(const EmbeddedSettings& settings, rocksdb::Env* env);
rocksdb::ColumnFamilyOptions data_options(const EmbeddedSettings& settings);
rocksdb::ColumnFamilyOptions log_options(const EmbeddedSettings& settings);

// True when every key of [lower, upper) begins with the same head, so that the bloom filter of heads may be asked.
bool within_one_head(std::string_view lower, std::string_view upper);

}  // namespace gatehouse::dynamo
