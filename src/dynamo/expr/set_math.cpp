// Merges: both sides are sorted.
#include "dynamo/expr/set_math.hpp"

#include "gatehouse/dynamo/wire/number.hpp"

#include <string_view>

namespace gatehouse::dynamo {
namespace {

int order(Type type, std::string_view a, std::string_view b) {
  return type == Type::kNumberSet ? compare_numbers(a, b) : a.compare(b);
}

// Calls `only_a`, `only_b` and `both` with the elements in order.
template <class OnlyA, class OnlyB, class Both>
void merge(Value a, Value b, OnlyA only_a, OnlyB only_b, Both both) {
  const Elements left = a.elements();
  const Elements right = b.elements();
  auto i = left.begin();
  auto j = right.begin();
  while (i != left.end() || j != right.end()) {
    const int way = i == left.end() ? 1 : j == right.end() ? -1 : order(a.type(), *i, *j);
    if (way < 0) {
      only_a(*i);
    } else if (way > 0) {
      only_b(*j);
    } else {
      both(*i);
    }
    if (way <= 0) ++i;
    if (way >= 0) ++j;
  }
}

void nothing(std::string_view) {}

}  // namespace

bool is_set(Type type) { return type == Type::kStringSet || type == Type::kNumberSet || type == Type::kBinarySet; }

void write_union(ValueWriter& to, Value a, Value b) {
  auto open = to.begin_set(a.type());
  const auto write = [&](std::string_view element) { to.set_element(open, element); };
  merge(a, b, write, write, write);
  to.end_set(open);
}

void write_difference(ValueWriter& to, Value a, Value b) {
  auto open = to.begin_set(a.type());
  merge(a, b, [&](std::string_view element) { to.set_element(open, element); }, nothing, nothing);
  to.end_set(open);
}

bool is_difference_empty(Value a, Value b) {
  bool empty = true;
  merge(a, b, [&](std::string_view) { empty = false; }, nothing, nothing);
  return empty;
}

}  // namespace gatehouse::dynamo
