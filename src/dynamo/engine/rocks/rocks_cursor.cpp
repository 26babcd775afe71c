#include "rocks_cursor.hpp"

#include <rocksdb/perf_context.h>

namespace gatehouse::dynamo {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(rocksdb::Slice bytes) { return {bytes.data(), bytes.size()}; }

// RocksDB counts for each thread the versions of rows that its iterators have left behind, wanted or not.
std::uint64_t rows_passed() { return rocksdb::get_perf_context()->internal_key_skipped_count; }

}  // namespace

Error error_of(const rocksdb::Status& status) {
  if (status.IsIncomplete()) {
    return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "would_block", {}, Retry::kAllowed);
  }
  if (status.IsCorruption()) {
    return Error(ErrorKind::kInternal, ErrorSource::kGateway, "store_damaged", status.ToString());
  }
  return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_failed", status.ToString());
}

RocksCursor::RocksCursor(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions options,
                         std::string_view lower, std::string_view upper, std::atomic<std::uint64_t>& stepped_over)
    : lower_(slice(lower)), upper_(slice(upper)), stepped_over_(stepped_over), rows_passed_before_(rows_passed()) {
  if (!lower_.empty()) options.iterate_lower_bound = &lower_;
  if (!upper_.empty()) options.iterate_upper_bound = &upper_;
  iterator_.reset(db->NewIterator(options, family));
}

RocksCursor::~RocksCursor() {
  // Fewer than the steps where it went backwards, or another cursor of the thread was at work meanwhile.
  const std::uint64_t passed = rows_passed() - rows_passed_before_;
  if (passed > 2 * steps_) stepped_over_.fetch_add(passed - steps_, std::memory_order_relaxed);
}

void RocksCursor::seek(std::string_view key) { iterator_->Seek(slice(key)); }
void RocksCursor::seek_for_previous(std::string_view key) { iterator_->SeekForPrev(slice(key)); }

void RocksCursor::next() {
  ++steps_;
  iterator_->Next();
}

void RocksCursor::previous() { iterator_->Prev(); }
bool RocksCursor::valid() const { return iterator_->Valid(); }
std::string_view RocksCursor::key() const { return view(iterator_->key()); }
std::string_view RocksCursor::value() const { return view(iterator_->value()); }

std::optional<Error> RocksCursor::error() const {
  const rocksdb::Status status = iterator_->status();
  if (status.ok()) return std::nullopt;
  return error_of(status);
}

}  // namespace gatehouse::dynamo
