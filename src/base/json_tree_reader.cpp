// The reader of JsonTree: one pass over the text, in place.
#include "gatehouse/base/json_tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace gatehouse {
namespace {

using detail::JsonNode;
using Kind = JsonFault::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many of eight bytes, in the order of memory, are plain text of a string: neither '"', '\\', a control character nor of
// 0x80 and above. A subtraction that borrows only spoils bytes behind the first that counts.
std::size_t plain_bytes(std::uint64_t eight) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  const std::uint64_t quote = eight ^ (kOnes * '"');
  const std::uint64_t escape = eight ^ (kOnes * '\\');
  const std::uint64_t special = (eight | (eight - kOnes * 0x20) | (quote - kOnes) | (escape - kOnes)) & kHigh;
  return static_cast<std::size_t>(std::countr_zero(special)) / 8;
}

// How many bytes the UTF-8 sequence at `at` has (RFC 3629); 0 when it is none.
std::size_t utf8_size(const char* at, const char* end) {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const auto left = static_cast<std::size_t>(end - at);
  const unsigned char first = byte(0);
  if (first < 0xC2) return 0;
  if (first < 0xE0) return left >= 2 && follows(1) ? 2 : 0;
  if (first < 0xF0) {
    if (left < 3 || !follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    return first == 0xED && byte(1) >= 0xA0 ? 0 : 3;
  }
  if (first > 0xF4 || left < 4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  return first == 0xF4 && byte(1) >= 0x90 ? 0 : 4;
}

char* write_utf8(char* to, std::uint32_t code) {
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return to;
}

class Reader {
 public:
  Reader(char* text, std::size_t size, std::size_t max_depth)
      : begin_(text), at_(text), end_(text + size), depth_left_(max_depth) {
    nodes_.reserve(size / 12 + 4);
  }

  bool read() {
    skip_space();
    if (!read_value(0, 0)) return false;
    skip_space();
    return at_ == end_ || fail(Kind::kSyntax);
  }

  JsonFault fault() const { return {fault_, static_cast<std::size_t>(at_ - begin_)}; }
  std::vector<JsonNode> take_nodes() { return std::move(nodes_); }

 private:
  bool fail(Kind kind) {
    fault_ = kind;
    return false;
  }

  std::uint32_t offset(const char* of) const { return static_cast<std::uint32_t>(of - begin_); }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void add(JsonKind kind, std::uint32_t at, std::uint32_t size, std::uint32_t name_at, std::uint32_t name_size) {
    nodes_.push_back({at, size, name_at, name_size, 1, kind});
  }

  bool read_value(std::uint32_t name_at, std::uint32_t name_size) {
    if (at_ == end_) return fail(Kind::kSyntax);
    switch (*at_) {
      case '{': return read_container(JsonKind::kObject, name_at, name_size);
      case '[': return read_container(JsonKind::kArray, name_at, name_size);
      case '"': {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
        if (!read_string(at, size)) return false;
        add(JsonKind::kString, at, size, name_at, name_size);
        return true;
      }
      case 't': return read_word("true", JsonKind::kTrue, name_at, name_size);
      case 'f': return read_word("false", JsonKind::kFalse, name_at, name_size);
      case 'n': return read_word("null", JsonKind::kNull, name_at, name_size);
      default: break;
    }
    const char* start = at_;
    if (!read_number()) return fail(Kind::kSyntax);
    add(JsonKind::kNumber, offset(start), static_cast<std::uint32_t>(at_ - start), name_at, name_size);
    return true;
  }

  bool read_word(std::string_view word, JsonKind kind, std::uint32_t name_at, std::uint32_t name_size) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return fail(Kind::kSyntax);
    at_ += word.size();
    add(kind, 0, 0, name_at, name_size);
    return true;
  }

  bool read_digits() {
    const char* start = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != start;
  }

  bool read_number() {
    take('-');
    if (!take('0') && !read_digits()) return false;
    if (take('.') && !read_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!read_digits()) return false;
    }
    return true;
  }

  bool read_container(JsonKind kind, std::uint32_t name_at, std::uint32_t name_size) {
    if (depth_left_ == 0) return fail(Kind::kDepth);
    --depth_left_;
    const char close = kind == JsonKind::kObject ? '}' : ']';
    const std::size_t self = nodes_.size();
    add(kind, 0, 0, name_at, name_size);
    std::uint32_t count = 0;
    ++at_;
    skip_space();
    if (!take(close)) {
      do {
        skip_space();
        if (!(kind == JsonKind::kObject ? read_member() : read_value(0, 0))) return false;
        ++count;
        skip_space();
      } while (take(','));
      if (!take(close)) return fail(Kind::kSyntax);
    }
    nodes_[self].size = count;
    nodes_[self].span = static_cast<std::uint32_t>(nodes_.size() - self);
    ++depth_left_;
    if (kind == JsonKind::kObject && !has_unique_names(self)) return fail(Kind::kDuplicateMember);
    return true;
  }

  bool read_member() {
    std::uint32_t name_at = 0;
    std::uint32_t name_size = 0;
    if (at_ == end_ || *at_ != '"') return fail(Kind::kSyntax);
    if (!read_string(name_at, name_size)) return false;
    skip_space();
    if (!take(':')) return fail(Kind::kSyntax);
    skip_space();
    return read_value(name_at, name_size);
  }

  std::string_view name(const JsonNode& node) const { return {begin_ + node.name_at, node.name_size}; }

  // Tells most names apart without looking at them again. At least four bytes of text follow where a member's name begins.
  std::uint32_t print_of(const JsonNode& node) const {
    const char* begin = begin_ + node.name_at;
    std::uint32_t head = 0;
    std::memcpy(&head, begin, sizeof head);
    if (node.name_size < sizeof head) return (head & ((1U << 8 * node.name_size) - 1)) + node.name_size;
    std::uint32_t tail = 0;
    std::memcpy(&tail, begin + node.name_size - sizeof tail, sizeof tail);
    return (head ^ tail * 0x9E3779B1U) + node.name_size;
  }

  bool has_unique_names(std::size_t object) const {
    constexpr std::uint32_t kFew = 64;
    const std::uint32_t count = nodes_[object].size;
    if (count < 2) return true;
    if (count > kFew) return has_unique_names_sorted(object);
    std::uint32_t prints[kFew];
    const JsonNode* member = &nodes_[object] + 1;
    for (std::uint32_t i = 0; i < count; ++i, member += member->span) prints[i] = print_of(*member);
    bool alike = false;
    for (std::uint32_t i = 1; i < count; ++i) {
      for (std::uint32_t before = 0; before < i; ++before) alike |= prints[before] == prints[i];
    }
    return !alike || has_unique_names_sorted(object);
  }

  bool has_unique_names_sorted(std::size_t object) const {
    std::vector<std::string_view> names;
    names.reserve(nodes_[object].size);
    const JsonNode* end = &nodes_[object] + nodes_[object].span;
    for (const JsonNode* member = &nodes_[object] + 1; member != end; member += member->span) names.push_back(name(*member));
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }

  // Leaves the characters without escapes at at..at+size: they are never longer than the text they come from.
  bool read_string(std::uint32_t& at, std::uint32_t& size) {
    char* const start = ++at_;
    char* out = start;
    for (;;) {
      out = copy_plain(out);
      if (at_ == end_) return fail(Kind::kSyntax);
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') break;
      if (c == '\\') {
        if (!read_escape(out)) return fail(Kind::kSyntax);
      } else if (c < 0x20) {
        return fail(Kind::kSyntax);
      } else {
        const std::size_t bytes = utf8_size(at_, end_);
        if (bytes == 0) return fail(Kind::kEncoding);
        if (out != at_) std::memmove(out, at_, bytes);
        at_ += bytes;
        out += bytes;
      }
    }
    ++at_;
    at = offset(start);
    size = static_cast<std::uint32_t>(out - start);
    return true;
  }

  // Moves at_ and what it passes to `out` up to the next byte that needs a look.
  char* copy_plain(char* out) {
    char* const from = at_;
    std::uint64_t eight = 0;
    while (end_ - at_ >= 8) {
      std::memcpy(&eight, at_, 8);
      const std::size_t plain = plain_bytes(eight);
      at_ += plain;
      if (plain < 8) return moved(from, out);
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<signed char>(*at_) >= 0x20) ++at_;
    return moved(from, out);
  }

  // What lies between `from` and at_, moved to `out`; returns its end there.
  char* moved(const char* from, char* out) const {
    const auto passed = static_cast<std::size_t>(at_ - from);
    if (out != from) std::memmove(out, from, passed);
    return out + passed;
  }

  bool read_hex4(std::uint32_t& code) {
    if (end_ - at_ < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const char lower = static_cast<char>(c | 0x20);
      if (is_digit(c)) {
        code = code << 4 | static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  // Half of a surrogate pair is no character (RFC 7493, section 2.1).
  bool read_unicode(char*& out) {
    std::uint32_t code = 0;
    if (!read_hex4(code) || (code >= 0xDC00 && code <= 0xDFFF)) return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
      std::uint32_t low = 0;
      if (!take('\\') || !take('u') || !read_hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    out = write_utf8(out, code);
    return true;
  }

  bool read_escape(char*& out) {
    ++at_;
    if (at_ == end_) return false;
    const char c = *at_++;
    switch (c) {
      case '"':
      case '\\':
      case '/': *out++ = c; return true;
      case 'b': *out++ = '\b'; return true;
      case 'f': *out++ = '\f'; return true;
      case 'n': *out++ = '\n'; return true;
      case 'r': *out++ = '\r'; return true;
      case 't': *out++ = '\t'; return true;
      case 'u': return read_unicode(out);
      default: return false;
    }
  }

  char* begin_;
  char* at_;
  char* end_;
  std::size_t depth_left_;
  std::vector<JsonNode> nodes_;
  Kind fault_ = Kind::kSyntax;
};

}  // namespace

JsonTree::Result JsonTree::parse(std::unique_ptr<char[]> text, std::size_t size, std::size_t max_depth) {
  Reader reader(text.get(), size, max_depth);
  if (!reader.read()) return reader.fault();
  return JsonTree(std::move(text), reader.take_nodes());
}

JsonTree::Result JsonTree::parse(std::string_view text, std::size_t max_depth) {
  std::unique_ptr<char[]> copy(new char[text.size()]);
  if (!text.empty()) std::memcpy(copy.get(), text.data(), text.size());
  return parse(std::move(copy), text.size(), max_depth);
}

}  // namespace gatehouse
