#include "sigv4_canonical.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::crypto::sigv4 {
namespace {

constexpr char kUpperHex[] = "0123456789ABCDEF";

constexpr bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

// Of a byte that is not unreserved.
template <class To>
void add_escape(To& to, char c) {
  const auto byte = static_cast<unsigned char>(c);
  const char escape[] = {'%', kUpperHex[byte >> 4], kUpperHex[byte & 15]};
  to.add(std::string_view(escape, sizeof escape));
}

void add_escaped(Hashing& to, std::string_view text) {
  for (const char c : text) {
    if (is_unreserved(c)) {
      to.add(c);
    } else {
      add_escape(to, c);
    }
  }
}

// Cuts one byte off `text`, out of its escape where it is one; what is no escape stands for itself.
char take_decoded(std::string_view& text) {
  const char c = text.front();
  const int high = c == '%' && text.size() > 2 ? hex_value(text[1]) : -1;
  const int low = high < 0 ? -1 : hex_value(text[2]);
  text.remove_prefix(low < 0 ? 1 : 3);
  return low < 0 ? c : static_cast<char>(high << 4 | low);
}

struct ToString {
  std::string& text;
  void add(char c) { text += c; }
  void add(std::string_view part) { text += part; }
};

std::string reescaped(std::string_view text) {
  std::string out;
  ToString to{out};
  while (!text.empty()) {
    const char c = take_decoded(text);
    if (is_unreserved(c)) {
      to.add(c);
    } else {
      add_escape(to, c);
    }
  }
  return out;
}

std::string_view cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

// Without dot segments and repeated slashes (RFC 3986 section 6.2.2.3); a trailing slash stays.
void add_normalised_path(Hashing& to, std::string_view path) {
  std::vector<std::string_view> segments;
  const bool slash_at_end = path.ends_with('/');
  while (!path.empty()) {
    const std::string_view segment = cut(path, '/');
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  for (const std::string_view segment : segments) {
    to.add('/');
    add_escaped(to, segment);
  }
  if (segments.empty() || slash_at_end) to.add('/');
}

void add_s3_path(Hashing& to, std::string_view path) {
  while (!path.empty()) {
    const char c = take_decoded(path);
    if (is_unreserved(c) || c == '/') {
      to.add(c);
    } else {
      add_escape(to, c);
    }
  }
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Without blanks around it, runs of them inside as one space.
void add_header_value(Hashing& to, std::string_view value) {
  value = trim(value);
  if (value.find(' ') == std::string_view::npos && value.find('\t') == std::string_view::npos) {
    to.add(value);
    return;
  }
  while (!value.empty()) {
    std::size_t end = 0;
    while (end < value.size() && !is_blank(value[end])) ++end;
    to.add(value.substr(0, end));
    value.remove_prefix(end);
    if (value.empty()) return;
    to.add(' ');
    while (is_blank(value.front())) value.remove_prefix(1);
  }
}

}  // namespace

// Eight digits at a time: half-bytes spread over the bytes of a word, then '0' to '9' or 'a' to 'f' by arithmetic.
Hex to_hex(const Sha256& digest) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  Hex hex;
  for (std::size_t i = 0; i < digest.size(); i += 4) {
    std::uint32_t bytes;
    std::memcpy(&bytes, digest.data() + i, sizeof bytes);
    std::uint64_t word = bytes;
    word = (word | word << 16) & 0x0000FFFF0000FFFF;
    word = (word | word << 8) & 0x00FF00FF00FF00FF;
    word = (word >> 4 | word << 8) & 0x0F0F0F0F0F0F0F0F;
    const std::uint64_t letters = (word + kOnes * 6) >> 4 & kOnes;  // 10 and more carry into the upper half
    word += kOnes * '0' + letters * ('a' - '0' - 10);
    std::memcpy(hex.data() + 2 * i, &word, sizeof word);
  }
  return hex;
}

void add_path(Hashing& to, std::string_view path, SigV4Path style) {
  if (path.size() < 2) {
    to.add('/');
  } else if (style == SigV4Path::kS3) {
    add_s3_path(to, path);
  } else {
    add_normalised_path(to, path);
  }
}

void add_query(Hashing& to, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parts;
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    if (value.empty()) continue;
    std::string name = reescaped(cut(value, '='));
    if (name != "X-Amz-Signature") parts.emplace_back(std::move(name), reescaped(value));
  }
  std::ranges::sort(parts);
  bool first = true;
  for (const auto& [name, value] : parts) {
    if (!std::exchange(first, false)) to.add('&');
    to.add(name);
    to.add('=');
    to.add(value);
  }
}

bool add_header(Hashing& to, std::string_view name, std::span<const SigV4Header> headers) {
  bool found = false;
  for (const SigV4Header& header : headers) {
    if (header.name.size() != name.size() || !iequals(header.name, name)) continue;
    if (found) {
      to.add(',');
    } else {
      to.add(name);
      to.add(':');
    }
    found = true;
    add_header_value(to, header.value);
  }
  if (found) to.add('\n');
  return found;
}

}  // namespace gatehouse::crypto::sigv4
