#include "expiry.hpp"

#include "mutation.hpp"
#include "row_codec.hpp"
#include "row_key.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/key_codec.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// Items that expired longer ago than this are left alone (Amazon DynamoDB Developer Guide, "Time to Live": five years).
constexpr std::uint64_t kTooOldSeconds = 5ULL * 365 * 24 * 3600;

// So often all rows are walked over, in case a row was missed.
constexpr auto kFromStartEvery = std::chrono::hours(1);

constexpr std::size_t kExpiryHead = 4 + 1;            // table, kind
constexpr std::size_t kExpiryKeyHead = kExpiryHead + 8;  // and the time

}  // namespace

std::optional<std::uint64_t> expiry_of(const Table& table, const Map& item) {
  if (table.ttl_attribute.empty()) return std::nullopt;
  const Value value = item.find(table.ttl_attribute);
  if (!value || value.type() != Type::kNumber) return std::nullopt;
  const std::string_view text = value.text();
  std::uint64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || end == text.data()) return std::nullopt;
  // A fraction of a second is cut off; an exponent means that it is not written out, which no time near now needs.
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (!rest.empty() && (rest[0] != '.' || rest.find_first_of("eE") != std::string_view::npos)) return std::nullopt;
  return seconds;
}

void append_expiry_changes(const Table& table, std::string_view row_key, const std::optional<Map>& before,
                           const std::optional<Map>& after, Batch& batch) {
  if (table.ttl_attribute.empty()) return;
  const auto old_expiry = before ? expiry_of(table, *before) : std::nullopt;
  const auto new_expiry = after ? expiry_of(table, *after) : std::nullopt;
  if (old_expiry == new_expiry) return;
  std::string key;
  if (old_expiry) {
    append_expiry_key(key, table.id, *old_expiry, row_key);
    batch.erase(Family::kData, key);
  }
  if (new_expiry) {
    key.clear();
    append_expiry_key(key, table.id, *new_expiry, row_key);
    batch.put(Family::kData, key, {});
    std::atomic<std::uint64_t>& earliest = table.counters->earliest_expiry;
    std::uint64_t known = earliest.load(std::memory_order_relaxed);
    while (*new_expiry < known && !earliest.compare_exchange_weak(known, *new_expiry)) {
    }
  }
}

// Deletes the item if it still expires then; else only the row, which is a leftover.
bool ExpirySweep::delete_expired(const Table& table, std::string_view expiry_key) {
  const std::string_view row_key = expiry_key.substr(kExpiryKeyHead);
  const std::uint64_t expires = load_big_u64(expiry_key.substr(kExpiryHead));
  Arena arena;
  std::string answer;
  Run run{state_, {}, arena, answer, Patience::kAllowed};
  Mutation mutation(run);
  mutation.lock(row_key);
  std::string bytes;
  const auto item = mutation.read(row_key, bytes);
  if (!item) return false;
  if (!*item || expiry_of(table, **item) != expires) {
    Batch batch;
    batch.erase(Family::kData, expiry_key);
    if (const Result<CommitNumber> written = state_.storage->write(batch, Patience::kAllowed); !written)
      log::error("expiry_sweep_failed", {{"table", table.name}, {"error", written.error().message()}});
    return false;
  }
  const Mutation::Image before{**item, bytes};
  if (!mutation.change(table, row_key, before, std::nullopt, ChangeCause::kExpiry)) return false;
  return mutation.commit().has_value();
}

// Rows may have been written before the place where the last round ended.
void ExpirySweep::go_back(const Table& table, Place& place) {
  const std::uint64_t written = table.counters->earliest_expiry.exchange(~std::uint64_t{0});
  const std::uint64_t earliest = std::min(written, place.noted);
  place.noted = written;
  if (earliest <= place.second) {
    place.second = earliest;
    place.row.clear();
  }
  const TimePoint now = state_.clock.now();
  if (now - place.from_start < kFromStartEvery && place.from_start != TimePoint()) return;
  place.from_start = now;
  place.second = 0;
  place.row.clear();
}

std::uint64_t ExpirySweep::sweep_table(const Table& table, std::uint64_t now, std::uint64_t limit) {
  Place& place = places_[table.id];
  go_back(table, place);
  const std::uint64_t oldest = now > kTooOldSeconds ? now - kTooOldSeconds : 0;
  if (place.second < oldest) {
    place.second = oldest;
    place.row.clear();
  }
  std::string lower;
  append_rows_prefix(lower, table.id, kExpiryRows);
  const std::string upper = after_prefix(lower).value_or(std::string());
  std::string from = lower;
  append_u64(from, place.second);
  if (!place.row.empty()) from = place.row;
  std::vector<std::string> due;
  place.second = now;
  place.row.clear();
  {
    const auto cursor = state_.storage->cursor(Family::kData, lower, upper, {.fill_cache = false});
    for (cursor->seek(from); cursor->valid(); cursor->next()) {
      const std::uint64_t expires = load_big_u64(cursor->key().substr(kExpiryHead));
      if (expires >= now) break;
      if (due.size() == limit) {
        place.second = expires;
        place.row = cursor->key();
        break;
      }
      due.emplace_back(cursor->key());
    }
    if (const auto error = cursor->error()) {
      log::error("expiry_sweep_failed", {{"table", table.name}, {"error", error->message()}});
      place.from_start = TimePoint();
    }
  }
  std::uint64_t deleted = 0;
  for (const std::string& key : due)
    if (delete_expired(table, key)) ++deleted;
  return deleted;
}

std::uint64_t ExpirySweep::sweep(std::uint64_t limit) {
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(0, milliseconds_of(state_.clock.wall()) / 1000));
  std::uint64_t deleted = 0;
  for (const auto& table : state_.catalogue.all()) {
    if (table->ttl_attribute.empty() || table->status != TableStatus::kActive || deleted >= limit) continue;
    deleted += sweep_table(*table, now, limit - deleted);
  }
  return deleted;
}

}  // namespace gatehouse::dynamo
