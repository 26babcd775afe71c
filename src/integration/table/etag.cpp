#include "etag.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"

#include <algorithm>
#include <vector>

namespace gatehouse::integration {
namespace {

using dynamo::Attribute;
using dynamo::Map;

enum class Compare : unsigned char { kStrong, kWeak };

// Whether `list`, "*" or entity tags with commas between them, has `etag`. A tag may hold commas.
bool list_has(std::string_view list, std::string_view etag, Compare compare) {
  if (trim(list) == "*") return !etag.empty();
  while (!list.empty()) {
    const std::size_t begin = list.find('"');
    if (begin == std::string_view::npos) return false;
    const std::size_t end = list.find('"', begin + 1);
    if (end == std::string_view::npos) return false;
    const bool weak = begin >= 2 && list.substr(begin - 2, 2) == "W/";
    if (list.substr(begin, end + 1 - begin) == etag && (!weak || compare == Compare::kWeak)) return true;
    list.remove_prefix(end + 1);
  }
  return false;
}

// Attributes in the order of their names, so that the tag does not depend on the order they were written in.
std::string digest(const Map& item) {
  std::vector<Attribute> attributes;
  for (const Attribute& attribute : item) attributes.push_back(attribute);
  std::ranges::sort(attributes, {}, &Attribute::name);
  std::string bytes;
  for (const Attribute& attribute : attributes) {
    bytes += std::to_string(attribute.name.size());
    bytes += ':';
    bytes += attribute.name;
    bytes += attribute.value.bytes();
  }
  return crypto::sha256_hex(bytes).substr(0, 32);
}

}  // namespace

std::string etag_of(const Map& item, std::string_view version) {
  const dynamo::Value value = version.empty() ? dynamo::Value() : item.find(version);
  const bool usable = value && value.type() == dynamo::Type::kNumber;
  return '"' + (usable ? std::string(value.text()) : digest(item)) + '"';
}

Preconditions Preconditions::of(const http::Fields& fields) {
  return {fields.get(http::FieldId::kIfMatch), fields.get(http::FieldId::kIfNoneMatch)};
}

bool Preconditions::hold(std::string_view etag) const {
  if (if_match && !list_has(*if_match, etag, Compare::kStrong)) return false;
  return !if_none_match || !list_has(*if_none_match, etag, Compare::kWeak);
}

bool Preconditions::unchanged(std::string_view etag) const {
  return if_none_match && list_has(*if_none_match, etag, Compare::kWeak);
}

}  // namespace gatehouse::integration
