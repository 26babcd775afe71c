// A batch is a string of changes: kind and family in one byte, two lengths of four bytes, key, value.
#include "gatehouse/dynamo/engine/storage.hpp"

#include <cstring>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kHeadBytes = 1 + 4 + 4;
constexpr unsigned kFamilyShift = 4;
constexpr unsigned kKindMask = 0x0f;

}  // namespace

bool is_would_block(const Error& error) {
  return error.kind() == ErrorKind::kUnavailable && error.reason() == "would_block";
}

void Batch::put(Family family, std::string_view key, std::string_view value) {
  append(Kind::kPut, family, key, value);
}

void Batch::erase(Family family, std::string_view key) { append(Kind::kErase, family, key, {}); }

void Batch::erase_range(Family family, std::string_view from, std::string_view to) {
  append(Kind::kEraseRange, family, from, to);
}

void Batch::clear() { bytes_.clear(); }

void Batch::append(Kind kind, Family family, std::string_view key, std::string_view value) {
  char head[kHeadBytes];
  head[0] = static_cast<char>(static_cast<unsigned>(kind) | static_cast<unsigned>(family) << kFamilyShift);
  const auto key_bytes = static_cast<std::uint32_t>(key.size());
  const auto value_bytes = static_cast<std::uint32_t>(value.size());
  std::memcpy(head + 1, &key_bytes, 4);
  std::memcpy(head + 5, &value_bytes, 4);
  bytes_.append(head, kHeadBytes).append(key).append(value);
}

std::optional<Batch::Change> Batch::take(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const auto tag = static_cast<unsigned char>(rest[0]);
  std::uint32_t key_bytes = 0;
  std::uint32_t value_bytes = 0;
  std::memcpy(&key_bytes, rest.data() + 1, 4);
  std::memcpy(&value_bytes, rest.data() + 5, 4);
  const Change change{static_cast<Kind>(tag & kKindMask), static_cast<Family>(tag >> kFamilyShift),
                      rest.substr(kHeadBytes, key_bytes), rest.substr(kHeadBytes + key_bytes, value_bytes)};
  rest.remove_prefix(kHeadBytes + key_bytes + value_bytes);
  return change;
}

}  // namespace gatehouse::dynamo
