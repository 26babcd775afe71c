// Unions and differences of sets in their canonical order, and their encodings. Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"

namespace gatehouse::dynamo {

bool is_set(Type type);
// REQUIRES: two sets of the same type.
void write_union(ValueWriter& to, Value a, Value b);
void write_difference(ValueWriter& to, Value a, Value b);
bool is_difference_empty(Value a, Value b);

}  // namespace gatehouse::dynamo
