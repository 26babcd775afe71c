#include "row_cache.hpp"

#include "gatehouse/base/strings.hpp"

#include <cstring>
#include <optional>

namespace gatehouse::dynamo {
namespace {

// The lower half chooses the bucket.
std::uint32_t high_half(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

RowCache::RowCache(std::uint64_t bytes)
    : count_(static_cast<std::size_t>(bytes / (kBucketBytes + sizeof(Bucket)))),
      buckets_(std::make_unique<Bucket[]>(count_)),
      bytes_(std::make_unique_for_overwrite<char[]>(count_ * kBucketBytes)) {}

RowCache::Place* RowCache::find_place(Bucket& bucket, std::uint64_t hash, std::string_view key) const {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (bucket.tags[i] != high_half(hash)) continue;
    Place& place = bucket.places[i];
    if (place.key == key.size() && std::memcmp(bytes_of(bucket) + place.at, key.data(), key.size()) == 0) return &place;
  }
  return nullptr;
}

bool RowCache::find(std::string_view key, std::string& value, Missed& missed) {
  if (count_ == 0) return false;
  missed.hash = hash64(key);
  Bucket& bucket = buckets_[index_of(missed.hash)];
  const std::lock_guard lock(bucket.mutex);
  const Place* const place = find_place(bucket, missed.hash, key);
  if (place != nullptr && place->live) {
    ++bucket.counts.hits;
    value.assign(bytes_of(bucket) + place->at + place->key, place->value);
    return true;
  }
  ++bucket.counts.misses;
  missed.writes = bucket.writes;
  missed.quiet = bucket.writing == 0;
  return false;
}

void RowCache::keep(const Missed& missed, std::string_view key, std::string_view value) {
  if (!missed.quiet || key.size() + value.size() > kLargestRow) return;
  Bucket& bucket = buckets_[index_of(missed.hash)];
  const std::lock_guard lock(bucket.mutex);
  if (bucket.writes == missed.writes) store(bucket, missed.hash, key, value);
}

// In its own place if it fits there.
void RowCache::store(Bucket& bucket, std::uint64_t hash, std::string_view key, std::string_view value) {
  Place* place = find_place(bucket, hash, key);
  if (place != nullptr && place->room < key.size() + value.size()) {
    bucket.tag_of(*place) = 0;
    place->live = false;
    place->key = 0;
    place = nullptr;
  }
  if (place == nullptr) {
    place = make_place(bucket, key.size() + value.size());
    bucket.tag_of(*place) = high_half(hash);
    place->key = static_cast<std::uint16_t>(key.size());
    std::memcpy(bytes_of(bucket) + place->at, key.data(), key.size());
  }
  place->value = static_cast<std::uint16_t>(value.size());
  place->live = true;
  std::memcpy(bytes_of(bucket) + place->at + place->key, value.data(), value.size());
}

// Gives up the oldest rows until there is a place and `room` bytes in one piece.
RowCache::Place* RowCache::make_place(Bucket& bucket, std::size_t room) {
  const auto give_up_oldest = [&bucket] {
    bucket.tags[bucket.oldest] = 0;
    bucket.places[bucket.oldest] = Place();
    bucket.oldest = static_cast<std::uint8_t>((bucket.oldest + 1) % kPlaces);
    --bucket.count;
  };
  std::size_t at = bucket.end;
  if (at + room > kBucketBytes) {
    // What lies between here and the end of the ring is older than all that lies before.
    while (bucket.count != 0 && bucket.places[bucket.oldest].at >= at) give_up_oldest();
    at = 0;
  }
  const auto overlaps = [&](const Place& oldest) { return oldest.at >= at && oldest.at < at + room; };
  while (bucket.count == kPlaces || (bucket.count != 0 && overlaps(bucket.places[bucket.oldest]))) give_up_oldest();
  Place& place = bucket.places[(bucket.oldest + bucket.count++) % kPlaces];
  place.at = static_cast<std::uint16_t>(at);
  place.room = static_cast<std::uint16_t>(room);
  bucket.end = static_cast<std::uint16_t>(at + room);
  return &place;
}

RowCache::Counts RowCache::counts() const {
  Counts sum;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::lock_guard lock(buckets_[i].mutex);
    sum.hits += buckets_[i].counts.hits;
    sum.misses += buckets_[i].counts.misses;
  }
  return sum;
}

void RowCache::begin_everything() {
  for (std::size_t i = 0; i < count_; ++i) {
    Bucket& bucket = buckets_[i];
    const std::lock_guard lock(bucket.mutex);
    ++bucket.writes;
    ++bucket.writing;
    bucket.tags.fill(0);
    bucket.places.fill(Place());
    bucket.oldest = bucket.count = 0;
    bucket.end = 0;
  }
}

void RowCache::end_everything() {
  for (std::size_t i = 0; i < count_; ++i) {
    const std::lock_guard lock(buckets_[i].mutex);
    --buckets_[i].writing;
  }
}

std::vector<RowCache::Writing::Claim>& RowCache::Writing::claims_of_thread() {
  static thread_local std::vector<Claim> claims;
  return claims;
}

RowCache::Writing::Writing(RowCache& cache, const Batch& batch)
    : cache_(cache), claims_(claims_of_thread()), first_(claims_.size()) {
  if (cache_.count_ == 0) return;
  std::string_view rest = batch.bytes();
  while (const std::optional<Batch::Change> change = Batch::take(rest)) {
    if (change->family != Family::kData) continue;
    if (change->kind == Batch::Kind::kEraseRange) {
      if (!everything_) cache_.begin_everything();
      everything_ = true;
    } else {
      claim(*change);
    }
  }
}

void RowCache::Writing::claim(const Batch::Change& change) {
  const std::uint64_t hash = hash64(change.key);
  Bucket& bucket = cache_.buckets_[cache_.index_of(hash)];
  const std::lock_guard lock(bucket.mutex);
  Place* const place = cache_.find_place(bucket, hash, change.key);
  const bool replaces = bucket.writing == 0 && place != nullptr && place->live && change.kind == Batch::Kind::kPut;
  if (place != nullptr) place->live = false;
  ++bucket.writing;
  claims_.push_back({change, hash, ++bucket.writes, replaces});
}

void RowCache::Writing::release(const Claim& claim) {
  Bucket& bucket = cache_.buckets_[cache_.index_of(claim.hash)];
  const std::lock_guard lock(bucket.mutex);
  --bucket.writing;
  if (!written_ || !claim.replaces || bucket.writes != claim.writes) return;
  if (claim.change.key.size() + claim.change.value.size() > kLargestRow) return;
  cache_.store(bucket, claim.hash, claim.change.key, claim.change.value);
}

RowCache::Writing::~Writing() {
  for (std::size_t i = first_; i < claims_.size(); ++i) release(claims_[i]);
  claims_.resize(first_);
  if (everything_) cache_.end_everything();
}

}  // namespace gatehouse::dynamo
