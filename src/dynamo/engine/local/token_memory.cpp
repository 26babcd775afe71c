#include "token_memory.hpp"

#include "row_codec.hpp"

#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kExpiryBytes = 8;

std::string_view digest_view(const crypto::Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string TokenMemory::row_key(std::string_view token) { return catalogue_key(RowKind::kToken, token); }

std::int64_t TokenMemory::now_milliseconds() const { return milliseconds_of(clock_.wall()); }

std::string TokenMemory::row_value(std::string_view request) const {
  std::string row;
  append_u64(row, static_cast<std::uint64_t>(now_milliseconds() + std::chrono::milliseconds(kLifetime).count()));
  return row.append(digest_view(crypto::sha256(request)));
}

TokenMemory::Seen TokenMemory::judge(std::string_view row, std::string_view request) const {
  if (row.size() <= kExpiryBytes || load_big_u64(row) <= static_cast<std::uint64_t>(now_milliseconds())) return Seen::kNever;
  return row.substr(kExpiryBytes) == digest_view(crypto::sha256(request)) ? Seen::kSameRequest : Seen::kOtherRequest;
}

std::uint64_t TokenMemory::sweep(std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  const std::string first = catalogue_key(RowKind::kToken);
  const std::string end = after_prefix(first).value_or(std::string());
  const auto now = static_cast<std::uint64_t>(now_milliseconds());
  Batch expired;
  std::uint64_t seen = 0;
  {
    const auto cursor = storage_.cursor(Family::kData, first, end, {.patience = Patience::kAllowed, .snapshot = nullptr, .fill_cache = false});
    for (cursor->seek(next_.empty() ? first : next_); cursor->valid() && seen < limit; cursor->next(), ++seen)
      if (cursor->value().size() < kExpiryBytes || load_big_u64(cursor->value()) <= now) expired.erase(Family::kData, cursor->key());
    next_ = cursor->valid() ? std::string(cursor->key()) : std::string();
  }
  // A failed write leaves them to the next round.
  if (!expired.empty() && !storage_.write(expired, Patience::kAllowed)) next_.clear();
  return seen;
}

}  // namespace gatehouse::dynamo
