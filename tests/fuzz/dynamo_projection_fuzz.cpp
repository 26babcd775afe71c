// Any text as a projection: it is refused, or its two forms say the same, a part of the item.
#include "fuzz/dynamo_expr_fuzz.hpp"
#include "gatehouse/dynamo/expr/projection.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  using namespace gatehouse::dynamo;
  Arena arena;
  Bindings bindings = fuzz::bindings();
  const auto projection = Projection::parse(fuzz::text_of(data, size), bindings, arena);
  if (!projection) {
    fuzz::require_fault(projection.error());
    return 0;
  }
  std::string bytes;
  ValueWriter writer(bytes);
  projection->write(fuzz::item(), writer);
  fuzz::require(is_valid_item(bytes), "the encoded form is well-formed");
  std::string json;
  projection->write_json(fuzz::item(), json);
  const std::string from_json = fuzz::encoded(json);
  fuzz::require(equal(Map::item(bytes), Map::item(from_json)), "both forms say the same");
  for (const Attribute& attribute : Map::item(bytes)) {
    fuzz::require(static_cast<bool>(fuzz::item().find(attribute.name)), "nothing is added");
  }
  std::string again;
  ValueWriter second(again);
  projection->write(Map::item(bytes), second);
  fuzz::require(again.size() <= bytes.size(), "a part of a part is no larger");
  return 0;
}
