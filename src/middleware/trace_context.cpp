#include "trace_context.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kTraceIdSize = 32;
constexpr std::size_t kSpanIdSize = 16;
constexpr std::size_t kMostMembers = 32;
constexpr std::size_t kMostState = 512;

using Bytes16 = signed char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Hexadecimal digits, and not all of them zero.
template <std::size_t kSize>
bool is_id(const char* text) {
  static_assert(kSize % sizeof(Bytes16) == 0);
  Words2 digits = {~std::uint64_t{0}, ~std::uint64_t{0}};
  Words2 not_zero = {0, 0};
  for (std::size_t i = 0; i < kSize; i += sizeof(Bytes16)) {
    Bytes16 bytes;
    std::memcpy(&bytes, text + i, sizeof bytes);
    digits &= reinterpret_cast<Words2>(((bytes >= '0') & (bytes <= '9')) | ((bytes >= 'a') & (bytes <= 'f')));
    not_zero |= reinterpret_cast<Words2>(bytes != '0');
  }
  return (digits[0] & digits[1]) == ~std::uint64_t{0} && (not_zero[0] | not_zero[1]) != 0;
}

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' || c == '/';
}

// lcalpha and up to 255 more; or tenant@system (section 3.3.1.3.1).
bool is_state_key(std::string_view key) {
  constexpr std::size_t kLongest = 256;
  constexpr std::size_t kTenant = 241;
  constexpr std::size_t kSystem = 14;
  const auto at = key.find('@');
  const auto first_is = [](std::string_view text, bool digits) {
    return !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (digits && text[0] >= '0' && text[0] <= '9'));
  };
  if (at == std::string_view::npos) return key.size() <= kLongest && first_is(key, false) && std::ranges::all_of(key, is_key_char);
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return tenant.size() <= kTenant && system.size() <= kSystem && first_is(tenant, true) && first_is(system, false) &&
         std::ranges::all_of(tenant, is_key_char) && std::ranges::all_of(system, is_key_char);
}

bool is_state_value(std::string_view value) {
  constexpr std::size_t kLongest = 256;
  return !value.empty() && value.size() <= kLongest && value.back() != ' ' &&
         std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

// The value of `name` in "name=value;name=value".
std::string_view part_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const std::string_view part = trim(text.substr(0, end));
    if (part.size() > name.size() && part[name.size()] == '=' && iequals(part.substr(0, name.size()), name)) return part.substr(name.size() + 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text) {
  if (text.size() < kTraceparentSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const bool current = text[0] == '0' && text[1] == '0';
  if (!current && (!is_hex(text[0]) || !is_hex(text[1]) || text.starts_with("ff"))) return std::nullopt;
  // A version to come may be longer, and begins like this one.
  if (text.size() > kTraceparentSize && (current || text[kTraceparentSize] != '-')) return std::nullopt;
  const char* const trace_id = text.data() + 3;
  const char* const parent_id = text.data() + 36;
  if (!is_id<kTraceIdSize>(trace_id) || !is_id<kSpanIdSize>(parent_id) || !is_hex(text[53]) || !is_hex(text[54])) return std::nullopt;
  return TraceParent{{trace_id, kTraceIdSize}, {parent_id, kSpanIdSize}, (hex_value(text[54]) & 1) != 0, false, current};
}

bool is_tracestate(std::string_view text) {
  if (text.size() > kMostState) return false;
  std::size_t members = 0;
  for (std::string_view member; next_element(text, member);) {
    const auto equals = member.find('=');
    if (equals == std::string_view::npos || ++members > kMostMembers) return false;
    if (!is_state_key(member.substr(0, equals)) || !is_state_value(member.substr(equals + 1))) return false;
  }
  return true;
}

std::optional<TraceParent> parse_amazon_trace(std::string_view text, Arena& arena) {
  // "1-", 8 digits of time, "-", 24 more: together the 32 of a trace id.
  const std::string_view root = part_of(text, "Root");
  if (root.size() != 35 || !root.starts_with("1-") || root[10] != '-') return std::nullopt;
  const std::string_view trace_id = arena.concat({root.substr(2, 8), root.substr(11)});
  if (!is_id<kTraceIdSize>(trace_id.data())) return std::nullopt;
  const std::string_view sampled = part_of(text, "Sampled");
  TraceParent parent{trace_id, part_of(text, "Parent"), sampled == "1", sampled != "1" && sampled != "0", true};
  if (parent.parent_id.size() != kSpanIdSize || !is_id<kSpanIdSize>(parent.parent_id.data())) parent.parent_id = {};
  return parent;
}

std::string_view write_amazon_trace(std::string_view trace_id, std::string_view parent_id, bool sampled, Arena& arena) {
  return arena.concat({"Root=1-", trace_id.substr(0, 8), "-", trace_id.substr(8), ";Parent=", parent_id, sampled ? ";Sampled=1" : ";Sampled=0"});
}

std::string_view write_traceparent(std::string_view trace_id, std::string_view parent_id, bool sampled, Arena& arena) {
  auto* const to = static_cast<char*>(arena.allocate(kTraceparentSize, 1));
  std::memcpy(to, "00-", 3);
  std::memcpy(to + 3, trace_id.data(), kTraceIdSize);
  to[35] = '-';
  std::memcpy(to + 36, parent_id.data(), kSpanIdSize);
  std::memcpy(to + 52, sampled ? "-01" : "-00", 3);
  return {to, kTraceparentSize};
}

}  // namespace gatehouse::middleware
