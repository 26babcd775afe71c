// Any text as an update: it is refused, fails, or yields a well-formed item in which only what it names is different.
#include "fuzz/dynamo_expr_fuzz.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"
#include "gatehouse/dynamo/expr/update.hpp"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::dynamo;
  Arena arena;
  Bindings bindings = fuzz::bindings();
  const auto update = Update::parse(fuzz::text_of(data, size), bindings, arena);
  if (!update) {
    fuzz::require_fault(update.error());
    return 0;
  }
  std::string bytes;
  ValueWriter writer(bytes);
  const auto outcome = update->apply(fuzz::item(), true, writer, arena);
  if (!outcome) {
    fuzz::require_fault(outcome.error());
    return 0;
  }
  fuzz::require(is_valid_item(bytes), "the new item is well-formed");
  std::vector<std::string_view> named;
  update->append_attributes(named);
  for (const Attribute& attribute : fuzz::item()) {
    if (std::ranges::find(named, attribute.name) != named.end()) continue;
    const Value now = Map::item(bytes).find(attribute.name);
    fuzz::require(now && equal(now, attribute.value), "what is not named stays");
  }
  std::string json;
  Projection::of_paths(update->paths(), arena).write_json(Map::item(bytes), json);
  fuzz::encoded(json);
  return 0;
}
