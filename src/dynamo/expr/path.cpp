// Where a path leads.
#include "gatehouse/dynamo/expr/path.hpp"

namespace gatehouse::dynamo {

Value resolve(const Map& item, Path path) {
  Value at = item.find(path.front().name);
  for (const PathStep& step : path.subspan(1)) {
    if (!at) break;
    if (step.is_index()) {
      at = at.type() == Type::kList ? at.list().at(step.index) : Value();
    } else {
      at = at.type() == Type::kMap ? at.map().find(step.name) : Value();
    }
  }
  return at;
}

}  // namespace gatehouse::dynamo
