#include "rocks_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

constexpr double kBloomBitsPerKey = 10;
// Of a memtable, for its own bloom filter: some 20 bits for each row of 200 B and its partition. Looking for a row that is not in it
// costs more than finding one in a block of the cache: every level of the skip list is a cache miss.
constexpr double kMemtableBloomShare = 0.02;

rocksdb::BlockBasedTableOptions table_options() {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 16 * kKiB;
  // Index and filters stay in memory beside the cache: 18 MB for 10 million rows, and no read ever waits for them.
  table.cache_index_and_filter_blocks = false;
  table.format_version = 5;
  return table;
}

}  // namespace

rocksdb::DBOptions database_options(const EmbeddedSettings& settings, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_open_files = -1;  // a file is opened once, by the flush or compaction that made it: reads never open one
  options.max_background_jobs = 2;
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(settings.write_buffer);
  // What has to be replayed at the next start.
  options.max_total_wal_size = std::max(4 * settings.write_buffer, 64 * kMiB);
  // With kSync the committer writes and syncs the log. Otherwise it goes to the system with each write.
  options.manual_wal_flush = settings.durability == Durability::kSync;
  // A lost tail of the log cuts off everything after it; check_wal() has refused before what is not such a tail.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;  // a log file that is missing is noticed
  // After an error nothing is acknowledged any more (fsyncgate): no attempt to go on behind our back.
  options.max_bgerror_resume_count = 0;
  options.bytes_per_sync = kMiB;  // spreads the writeback of flushes and compactions
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.max_log_file_size = kMiB;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions data_options(const EmbeddedSettings& settings) {
  rocksdb::BlockBasedTableOptions table = table_options();
  table.block_cache = rocksdb::NewLRUCache(settings.cache - row_share(settings));
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.whole_key_filtering = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(kHeadPrefix));
  options.memtable_prefix_bloom_size_ratio = kMemtableBloomShare;
  options.memtable_whole_key_filtering = true;
  // Older versions of a row that was written often are stepped over, up to so many: a seek costs as much as some thirty steps.
  options.max_sequential_skip_in_iterations = 64;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;  // about 10 % of outdated rows on disk instead of up to 100 %
  options.write_buffer_size = std::max(settings.write_buffer / 2, kMiB);
  options.max_write_buffer_number = 3;
  return options;
}

rocksdb::ColumnFamilyOptions log_options(const EmbeddedSettings& settings) {
  rocksdb::BlockBasedTableOptions table = table_options();
  // Read once and in order, mostly from its end: a share of the cache that cannot push rows out.
  table.block_cache = rocksdb::NewLRUCache(std::max(settings.cache / 8, kMiB));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = std::max(settings.write_buffer / 4, kMiB);
  options.max_write_buffer_number = 3;
  options.target_file_size_base = 128 * kMiB;  // fewer files to look at; trimming drops whole ones
  return options;
}

bool within_one_head(std::string_view lower, std::string_view upper) {
  return lower.size() >= kHeadPrefix && upper.size() >= kHeadPrefix &&
         lower.substr(0, kHeadPrefix) == upper.substr(0, kHeadPrefix);
}

}  // namespace gatehouse::dynamo
