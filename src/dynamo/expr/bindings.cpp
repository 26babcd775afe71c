// Names and values of one request. Few are looked up one by one; many, which no honest request has, in sorted order.
#include "gatehouse/dynamo/expr/bindings.hpp"

#include <algorithm>
#include <string>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kMaxPlaceholderSize = 255;
constexpr std::size_t kMaxNameSize = 65535;
constexpr std::uint64_t kMaxSize = 2 * 1024 * 1024;
constexpr std::size_t kMaxLookups = 16;

template <class Entry>
Entry* find(std::vector<Entry>& entries, bool& sorted, std::string_view placeholder) {
  if (entries.size() <= kMaxLookups) {
    const auto found = std::ranges::find(entries, placeholder, &Entry::placeholder);
    return found == entries.end() ? nullptr : &*found;
  }
  if (!sorted) std::ranges::sort(entries, {}, &Entry::placeholder);
  sorted = true;
  const auto found = std::ranges::lower_bound(entries, placeholder, {}, &Entry::placeholder);
  return found == entries.end() || found->placeholder != placeholder ? nullptr : &*found;
}

bool is_word_part(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_placeholder(std::string_view text, char mark) {
  return text.size() >= 2 && text.front() == mark && std::all_of(text.begin() + 1, text.end(), is_word_part);
}

Outcome<void> check_placeholder(std::string_view parameter, std::string_view text, char mark) {
  const std::string prefix = std::string(parameter) + " contains invalid key: ";
  if (text.empty()) return validation(prefix + "The expression attribute map contains an empty key;");
  if (text.size() > kMaxPlaceholderSize) {
    return validation(prefix + "The expression attribute map contains a key that is too long; size of key: " +
                      std::to_string(text.size()));
  }
  if (!is_placeholder(text, mark)) return validation(prefix + "Syntax error; key: \"" + std::string(text) + '"');
  return {};
}

template <class Entry>
Outcome<void> check_used(std::string_view parameter, const std::vector<Entry>& entries) {
  std::string unused;
  for (const Entry& entry : entries) {
    if (entry.used) continue;
    unused += unused.empty() ? "" : ", ";
    unused += entry.placeholder;
  }
  if (unused.empty()) return {};
  return validation("Value provided in " + std::string(parameter) + " unused in expressions: keys: {" + unused + '}');
}

}  // namespace

void Bindings::add_name(std::string_view name, std::string_view attribute) {
  names_given_ = true;
  names_.push_back({name, attribute, false});
}

void Bindings::set_values(Map values) {
  values_given_ = true;
  values_.reserve(values.count());
  for (const Attribute& attribute : values) values_.push_back({attribute.name, attribute.value, false});
}

std::optional<std::string_view> Bindings::name(std::string_view placeholder) {
  Name* found = find(names_, names_sorted_, placeholder);
  if (found == nullptr) return std::nullopt;
  found->used = true;
  return found->attribute;
}

Value Bindings::value(std::string_view placeholder) {
  Bound* found = find(values_, values_sorted_, placeholder);
  if (found == nullptr) return {};
  found->used = true;
  return found->value;
}

Outcome<void> Bindings::check_syntax() const {
  if (names_given_ && names_.empty()) return validation("ExpressionAttributeNames must not be empty");
  std::uint64_t size = 0;
  for (const Name& name : names_) {
    if (auto outcome = check_placeholder("ExpressionAttributeNames", name.placeholder, '#'); !outcome) return outcome;
    const std::string suffix = " for key " + std::string(name.placeholder);
    if (name.attribute.empty()) {
      return validation("ExpressionAttributeNames contains invalid value: Empty attribute name" + suffix);
    }
    if (name.attribute.size() > kMaxNameSize) {
      return validation(
          "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes" +
          suffix);
    }
    size += name.placeholder.size() + name.attribute.size();
  }
  if (size > kMaxSize) return validation("ExpressionAttributeNames exceeds max size");
  if (values_given_ && values_.empty()) return validation("ExpressionAttributeValues must not be empty");
  std::uint64_t values_size = 0;
  for (const Bound& bound : values_) {
    if (auto outcome = check_placeholder("ExpressionAttributeValues", bound.placeholder, ':'); !outcome) return outcome;
    values_size += bound.placeholder.size() + size_of(bound.value);
  }
  if (values_size > kMaxSize) return validation("ExpressionAttributeValues exceeds max size");
  if (size + values_size > kMaxSize) {
    return validation("Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size");
  }
  return {};
}

Outcome<void> Bindings::check_all_used() const {
  if (auto outcome = check_used("ExpressionAttributeNames", names_); !outcome) return outcome;
  return check_used("ExpressionAttributeValues", values_);
}

}  // namespace gatehouse::dynamo
