// The values that a route decides: key and forced fields, from templates into stored form. Pure but for the clock behind $now.
#pragma once

#include "gatehouse/integration/table.hpp"

#include "item_edit.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::integration {

// Values of one request's templates. Views into its own buffer: build all, then read.
class RouteValues {
 public:
  // Appends a value of the attribute's key type. False and problem() when the text cannot be one: empty, no number, no base64.
  bool add_key(const dynamo::KeyPart& part, std::string_view text);
  void add_value(std::string_view attribute, dynamo::Value value);
  // Appends text as a string.
  void add_text(std::string_view attribute, std::string_view text);
  void add_number(std::string_view attribute, std::string_view canonical);
  const std::string& problem() const { return problem_; }

  // After the last add.
  std::vector<ForcedField> fields() const;
  std::size_t size() const { return names_.size(); }

 private:
  struct Named {
    std::string_view name;
    std::size_t at;
  };
  std::string bytes_;
  std::vector<Named> names_;
  std::string problem_;
};

// Of the table's or index's key, the part with that name.
const dynamo::KeyPart* find_part(const TableRouteSettings& settings, std::string_view attribute);
// Whether the route pins every attribute of the table's key.
bool has_whole_key(const TableRouteSettings& settings);
// Whether a part of it stands in the body.
bool has_key_in_body(const TableRouteSettings& settings);
// Whether the client itself says that attribute of the key, in the field of the same name.
bool is_said_by_body(const TableRouteSettings& settings, std::string_view attribute);

// {"owner":{"S":"…"},…}
void write_key_json(std::string& to, std::span<const ForcedField> fields);

}  // namespace gatehouse::integration
