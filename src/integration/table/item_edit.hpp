// What becomes of an item when a client sends one: the route's own fields win, a merge changes what it names. Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::integration {

// A field that the route sets.
struct ForcedField {
  std::string_view name;
  dynamo::Value value;
};

const ForcedField* find_forced(std::span<const ForcedField> forced, std::string_view name);

// `given` as an item, with the forced fields in place of its own.
void write_replacement(const dynamo::Map& given, std::span<const ForcedField> forced, dynamo::ValueWriter& to);

// RFC 7396 on attribute values: null removes, a map merges into a map, all else replaces. The forced fields win.
void write_merged(const dynamo::Map& old, const dynamo::Map& patch, std::span<const ForcedField> forced,
                  dynamo::ValueWriter& to);

// All of `item` but the named attributes.
void write_without(const dynamo::Map& item, std::span<const std::string> names, dynamo::ValueWriter& to);

}  // namespace gatehouse::integration
