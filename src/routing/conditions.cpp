#include "conditions.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <tuple>

namespace gatehouse::routing {
namespace {

using pipeline::Condition;
using pipeline::RoutePattern;

constexpr std::string_view kAnyValue = "*";

bool field_holds(const Condition& condition, const http::Fields* fields) {
  for (std::uint32_t i = 0; fields != nullptr && i < fields->size(); ++i) {
    const http::Field field = (*fields)[i];
    if (!iequals(field.name, condition.name)) continue;
    if (condition.value == kAnyValue || field.value == condition.value) return true;
  }
  return false;
}

bool parameter_holds(const Condition& condition, std::string_view query) {
  while (const auto parameter = pipeline::take_parameter(query)) {
    if (!pipeline::equals_decoded(parameter->name, condition.name)) continue;
    if (condition.value == kAnyValue || pipeline::equals_decoded(parameter->value, condition.value)) return true;
  }
  return false;
}

std::ptrdiff_t exact_values(const RoutePattern& pattern) {
  const auto is_exact = [](const Condition& condition) { return condition.value != kAnyValue; };
  return std::ranges::count_if(pattern.headers, is_exact) + std::ranges::count_if(pattern.query, is_exact);
}

bool texts_less(const std::vector<Condition>& a, const std::vector<Condition>& b) {
  return std::ranges::lexicographical_compare(a, b, [](const Condition& x, const Condition& y) {
    return std::tie(x.name, x.value) < std::tie(y.name, y.value);
  });
}

}  // namespace

bool conditions_hold(const RoutePattern& pattern, const http::Fields* fields, std::string_view query) {
  return std::ranges::all_of(pattern.headers, [&](const Condition& each) { return field_holds(each, fields); }) &&
         std::ranges::all_of(pattern.query, [&](const Condition& each) { return parameter_holds(each, query); });
}

bool asks_for_more(const RoutePattern& a, const RoutePattern& b) {
  const auto size = [](const RoutePattern& pattern) { return pattern.headers.size() + pattern.query.size(); };
  if (size(a) != size(b)) return size(a) > size(b);
  if (const auto x = exact_values(a), y = exact_values(b); x != y) return x > y;
  if (a.headers != b.headers) return texts_less(a.headers, b.headers);
  return texts_less(a.query, b.query);
}

}  // namespace gatehouse::routing
