// JSON Schema (drafts 4, 6 and 7) for bodies: compiled when the configuration is loaded, immutable afterwards, shared by workers.
// `pattern` is RE2 syntax, in linear time: look-ahead and back-references are refused at load. Of `format`, date, time and
// date-time are checked; other names are refused at load, so that none is believed to be checked.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::json {

// The deepest nesting of a document that is looked at.
inline constexpr std::size_t kMaxDepth = 64;

struct Violation {
  std::string pointer;  // RFC 6901, into the document: "/items/0/price"; "" is the document itself
  std::string rule;     // the keyword that was broken: "minimum"; "json" and "depth" when it is no document to look at
  std::string message;
};

class Schema {
 public:
  // The error's message names the place in the schema as a JSON pointer and what is wrong there: malformed JSON, an unknown
  // keyword, a pattern, a $ref that leads outside of the document, nowhere, or back to itself.
  static Result<std::shared_ptr<const Schema>> parse(std::string_view text);
  ~Schema();

  // At most kMaxViolations, in the order they were found; none: the document is valid. A document that is no JSON, or nested too
  // deep, is one violation.
  static constexpr std::size_t kMaxViolations = 20;
  std::vector<Violation> validate(std::string_view document) const;

 private:
  struct Compiled;
  explicit Schema(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

// Whether `text` is JSON whose nesting stays within `depth`: what must be asked before a parser that recurses sees it.
bool is_shallow(std::string_view text, std::size_t depth = kMaxDepth);

}  // namespace gatehouse::json
