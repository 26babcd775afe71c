#include "gatehouse/pipeline/query.hpp"

#include "gatehouse/base/percent.hpp"

#include <algorithm>
#include <cstddef>

namespace gatehouse::pipeline {
namespace {

// The character at the front of form-encoded text, which is cut off. An invalid escape stands for itself, as in form_decode().
char take_decoded(std::string_view& text) {
  char c = text.front();
  std::size_t used = 1;
  if (c == '+') {
    c = ' ';
  } else if (c == '%' && text.size() >= 3) {
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high >= 0 && low >= 0) {
      c = static_cast<char>(high * 16 + low);
      used = 3;
    }
  }
  text.remove_prefix(used);
  return c;
}

}  // namespace

std::optional<QueryParameter> take_parameter(std::string_view& query) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) return QueryParameter{parameter, {}};
    return QueryParameter{parameter.substr(0, equals), parameter.substr(equals + 1)};
  }
  return std::nullopt;
}

bool equals_decoded(std::string_view encoded, std::string_view text) {
  if (encoded.size() < text.size()) return false;
  for (const char c : text) {
    if (encoded.empty() || take_decoded(encoded) != c) return false;
  }
  return encoded.empty();
}

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  while (const auto parameter = take_parameter(query)) {
    if (equals_decoded(parameter->name, name)) return parameter->value;
  }
  return std::nullopt;
}

std::string_view without_parameter(std::string_view query, std::string_view name, Arena& arena) {
  if (!find_parameter(query, name)) return query;
  char* const begin = static_cast<char*>(arena.allocate(query.size(), 1));
  char* end = begin;
  while (const auto parameter = take_parameter(query)) {
    if (equals_decoded(parameter->name, name)) continue;
    if (end != begin) *end++ = '&';
    const char* const last = parameter->value.data() == nullptr ? parameter->name.data() + parameter->name.size()
                                                                : parameter->value.data() + parameter->value.size();
    end = std::copy(parameter->name.data(), last, end);
  }
  return end == begin ? std::string_view() : std::string_view(begin, static_cast<std::size_t>(end - begin));
}

}  // namespace gatehouse::pipeline
