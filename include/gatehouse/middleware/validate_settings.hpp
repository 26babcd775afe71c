// What can be said about validation. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::json {
class Schema;
}

namespace gatehouse::middleware {

struct ValidateSettings {
  std::vector<std::string> headers;        // must be there and not blank
  std::vector<std::string> query;
  std::vector<std::string> content_types;  // "application/json", "image/*", in lower case; empty: any
  std::string schema_name;                 // of the file, for messages; or "inline"
  std::string schema_text;
  std::shared_ptr<const json::Schema> schema;  // may be none
  std::uint64_t body_limit = 1024 * 1024;      // of bodies that are looked at
  bool passthrough = false;                    // bodies that are no JSON pass the schema by

  bool operator==(const ValidateSettings& other) const {
    return headers == other.headers && query == other.query && content_types == other.content_types &&
           schema_text == other.schema_text && body_limit == other.body_limit && passthrough == other.passthrough;
  }
};

}  // namespace gatehouse::middleware
