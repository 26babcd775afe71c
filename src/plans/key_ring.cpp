#include "gatehouse/plans/key_ring.hpp"

#include "gatehouse/base/percent.hpp"

#include <cstring>

namespace gatehouse::plans {
namespace {

// The beginning of a digest of what the client chose says nothing about another key: it may be compared as it is.
std::uint64_t beginning(const crypto::Sha256& digest) {
  std::uint64_t word;
  std::memcpy(&word, digest.data(), sizeof(word));
  return word;
}

}  // namespace

std::optional<crypto::Sha256> parse_digest(std::string_view hex) {
  crypto::Sha256 digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

KeyTable::KeyTable(std::vector<KeyRecord> records) : records_(std::move(records)), index_(records_.size()) {
  for (std::uint32_t i = 0; i < records_.size(); ++i) index_.add(beginning(records_[i].digest), i);
}

const KeyRecord* KeyTable::find(std::string_view shown) const {
  if (shown.empty() || shown.size() > kLongestKey || records_.empty()) return nullptr;
  return find(crypto::sha256(shown));
}

const KeyRecord* KeyTable::find(const crypto::Sha256& digest) const {
  const auto found = index_.find(beginning(digest), [&](std::uint32_t i) { return crypto::constant_time_equal(records_[i].digest, digest); });
  return found == FlatIndex::kNone ? nullptr : &records_[found];
}

}  // namespace gatehouse::plans
