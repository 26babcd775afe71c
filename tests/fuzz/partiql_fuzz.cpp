// Any text as a PartiQL statement: it is refused, or what it holds can be evaluated, applied and written.
#include "fuzz/dynamo_expr_fuzz.hpp"
#include "gatehouse/dynamo/expr/partiql.hpp"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::dynamo;
  const std::string_view text = fuzz::text_of(data, size);
  if (!is_valid_utf8(text)) return 0;
  Arena arena;
  // As many parameters as there are marks, of all types; marks in texts and comments make them too many.
  std::vector<Value> parameters;
  auto value = fuzz::values().begin();
  for (auto marks = std::count(text.begin(), text.end(), '?'); marks > 0 && parameters.size() < 64; --marks) {
    if (value == fuzz::values().end()) value = fuzz::values().begin();
    parameters.push_back((*value).value);
    ++value;
  }
  const auto statement = parse_statement(text, parameters, arena);
  if (!statement) {
    fuzz::require_fault(statement.error());
    return 0;
  }
  fuzz::require(!statement->table.empty(), "a statement names a table");
  fuzz::require(statement->parameters == parameters.size(), "all parameters are used");
  statement->where.matches(fuzz::item());
  statement->where.matches(statement->item);
  for (const KeyCandidate& candidate : statement->key_candidates) {
    fuzz::require(!candidate.attribute.empty() && !candidate.values.empty(), "candidates have names and values");
    for (const Value bound : candidate.values) fuzz::require(static_cast<bool>(bound), "and no value is absent");
  }
  std::string json;
  statement->projection.write_json(fuzz::item(), json);
  fuzz::encoded(json);
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = statement->update.apply(fuzz::item(), true, writer, arena);
  if (outcome) fuzz::require(is_valid_item(bytes), "the new item is well-formed");
  return 0;
}
