#include "route_key.hpp"

#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/number.hpp"

#include <algorithm>

namespace gatehouse::integration {

using dynamo::KeyPart;
using dynamo::KeyType;
using dynamo::ValueWriter;

bool RouteValues::add_key(const KeyPart& part, std::string_view text) {
  const auto refuse = [&](std::string_view what) {
    problem_ = part.attribute + std::string(what);
    return false;
  };
  if (text.empty()) return refuse(" has no value");
  const std::size_t at = bytes_.size();
  ValueWriter writer(bytes_);
  switch (part.type) {
    case KeyType::kString:
      if (!dynamo::is_valid_utf8(text)) return refuse(" is not valid UTF-8");
      writer.string(text);
      break;
    case KeyType::kNumber: {
      dynamo::NumberText number;
      if (dynamo::canonical_number(text, number) != dynamo::NumberProblem::kNone) return refuse(" must be a number");
      writer.number(number.view());
      break;
    }
    case KeyType::kBinary: {
      std::string binary;
      if (!dynamo::append_base64_decoded(binary, text)) return refuse(" must be base64");
      writer.binary(binary);
      break;
    }
  }
  names_.push_back({part.attribute, at});
  return true;
}

void RouteValues::add_value(std::string_view attribute, dynamo::Value value) {
  names_.push_back({attribute, bytes_.size()});
  bytes_ += value.bytes();
}

void RouteValues::add_text(std::string_view attribute, std::string_view text) {
  names_.push_back({attribute, bytes_.size()});
  ValueWriter(bytes_).string(text);
}

void RouteValues::add_number(std::string_view attribute, std::string_view canonical) {
  names_.push_back({attribute, bytes_.size()});
  ValueWriter(bytes_).number(canonical);
}

std::vector<ForcedField> RouteValues::fields() const {
  std::vector<ForcedField> fields;
  fields.reserve(names_.size());
  for (const Named& named : names_) fields.push_back({named.name, dynamo::Value::at(bytes_.data() + named.at)});
  return fields;
}

const KeyPart* find_part(const TableRouteSettings& settings, std::string_view attribute) {
  if (settings.partition.attribute == attribute) return &settings.partition;
  for (const auto* parts : {&settings.sort, &settings.index_key})
    for (const KeyPart& part : *parts)
      if (part.attribute == attribute) return &part;
  return nullptr;
}

bool has_whole_key(const TableRouteSettings& settings) {
  const auto pinned = [&](const KeyPart& part) {
    return std::ranges::find(settings.key, part.attribute, &TableKeyField::attribute) != settings.key.end();
  };
  return settings.index.empty() && pinned(settings.partition) && std::ranges::all_of(settings.sort, pinned);
}

bool has_key_in_body(const TableRouteSettings& settings) {
  return std::ranges::any_of(settings.key, [](const TableKeyField& field) { return !field.body.empty(); });
}

bool is_said_by_body(const TableRouteSettings& settings, std::string_view attribute) {
  return std::ranges::any_of(settings.key, [&](const TableKeyField& field) {
    return field.attribute == attribute && field.body.size() == 1 && field.body.front() == attribute;
  });
}

void write_key_json(std::string& to, std::span<const ForcedField> fields) {
  to += '{';
  for (const ForcedField& field : fields) {
    if (to.back() != '{') to += ',';
    dynamo::write_json_string(to, field.name);
    to += ':';
    dynamo::write_json_value(to, field.value);
  }
  to += '}';
}

}  // namespace gatehouse::integration
