#include "rocks_cursor.hpp"

namespace gatehouse::dynamo {
namespace {

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(rocksdb::Slice bytes) { return {bytes.data(), bytes.size()}; }

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
                         std::string_view lower, std::string_view upper)
    : lower_(slice(lower)), upper_(slice(upper)) {
  if (!lower_.empty()) options.iterate_lower_bound = &lower_;
  if (!upper_.empty()) options.iterate_upper_bound = &upper_;
  iterator_.reset(db->NewIterator(options, family));
}

void RocksCursor::seek(std::string_view key) { iterator_->Seek(slice(key)); }
void RocksCursor::seek_for_previous(std::string_view key) { iterator_->SeekForPrev(slice(key)); }
void RocksCursor::next() { iterator_->Next(); }
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
