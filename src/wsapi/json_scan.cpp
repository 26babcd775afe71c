#include "json_scan.hpp"

#include "gatehouse/base/percent.hpp"

#include <cstdint>

namespace gatehouse::wsapi {
namespace {

using Path = RouteSelection::Path;
using Step = RouteSelection::Step;

// Paths by their number.
using Set = std::uint32_t;
static_assert(RouteSelection::kMaxVariables <= 32);
static_assert(RouteSelection::kMaxNesting == 64, "the stack of open containers is one word");

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char* put_utf8(char* to, std::uint32_t code) {
  if (code < 0x80) {
    *to++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *to++ = static_cast<char>(0xc0 | (code >> 6));
    *to++ = static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = static_cast<char>(0xe0 | (code >> 12));
    *to++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *to++ = static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *to++ = static_cast<char>(0xf0 | (code >> 18));
    *to++ = static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    *to++ = static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    *to++ = static_cast<char>(0x80 | (code & 0x3f));
  }
  return to;
}

// Behind "\u" at the front of `text`, which was checked to be four digits.
std::uint32_t take_hex(std::string_view& text) {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i) code = code << 4 | static_cast<std::uint32_t>(hex_value(text[static_cast<std::size_t>(i)]));
  text.remove_prefix(4);
  return code;
}

char plain_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;  // quote, backslash, slash
  }
}

std::uint32_t take_code(std::string_view& text) {
  std::uint32_t code = take_hex(text);
  if (code >= 0xd800 && code < 0xdc00 && text.starts_with("\\u")) {
    std::string_view behind = text.substr(2);
    const std::uint32_t low = take_hex(behind);
    if (low >= 0xdc00 && low < 0xe000) {
      text = behind;
      return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
  }
  return code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
}

// The inside of a string that was scanned. An escape is never shorter than what it stands for: `to` has room for its size.
std::size_t unescape(std::string_view text, char* to) {
  char* at = to;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      *at++ = c;
      continue;
    }
    const char escape = text.front();
    text.remove_prefix(1);
    if (escape == 'u') {
      at = put_utf8(at, take_code(text));
    } else {
      *at++ = plain_escape(escape);
    }
  }
  return static_cast<std::size_t>(at - to);
}

class Scan {
 public:
  Scan(std::string_view json, std::span<const Path> paths, std::span<std::string_view> values)
      : at_(json.data()), end_(json.data() + json.size()), paths_(paths), values_(values) {}

  bool run() {
    const Set all = paths_.empty() ? 0 : static_cast<Set>((std::uint64_t{1} << paths_.size()) - 1);
    if (!visit(all, 0)) return false;
    skip_space();
    return at_ == end_;
  }

 private:
  // A value to which the first `depth` steps of the paths in `set` lead. Recursive, as deep as the longest path.
  bool visit(Set set, std::size_t depth) {
    skip_space();
    if (at_ == end_) return false;
    Set here = 0;
    for (std::size_t i = 0; i < paths_.size(); ++i)
      if ((set >> i & 1) != 0 && paths_[i].size() == depth) here |= Set{1} << i;
    const Set deeper = set & ~here;
    const char* const begin = at_;
    const bool container = *at_ == '{' || *at_ == '[';
    const bool good = deeper == 0 || !container ? skip_value(depth) : *at_ == '{' ? visit_object(deeper, depth) : visit_array(deeper, depth);
    if (!good) return false;
    for (std::size_t i = 0; here != 0 && i < paths_.size(); ++i)
      if ((here >> i & 1) != 0) values_[i] = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
  }

  bool visit_object(Set set, std::size_t depth) {
    ++at_;
    if (skip_space(); take('}')) return true;
    Set seen = 0;
    do {
      skip_space();
      const char* const name = at_;
      if (!skip_string()) return false;
      const Set hit = named({name + 1, static_cast<std::size_t>(at_ - name) - 2}, set, depth);
      if ((seen & hit) != 0) return false;
      seen |= hit;
      if (skip_space(); !take(':')) return false;
      if (!(hit != 0 ? visit(hit, depth + 1) : skip_value(depth + 1))) return false;
      skip_space();
    } while (take(','));
    return take('}');
  }

  bool visit_array(Set set, std::size_t depth) {
    ++at_;
    if (skip_space(); take(']')) return true;
    std::uint32_t index = 0;
    do {
      Set hit = 0;
      for (std::size_t i = 0; i < paths_.size(); ++i)
        if ((set >> i & 1) != 0 && paths_[i][depth].index == index) hit |= Set{1} << i;
      if (!(hit != 0 ? visit(hit, depth + 1) : skip_value(depth + 1))) return false;
      ++index;
      skip_space();
    } while (take(','));
    return take(']');
  }

  // Those whose step at `depth` is this name, which may have escapes.
  Set named(std::string_view raw, Set set, std::size_t depth) const {
    char plain[kLongestEscaped];
    std::string_view name = raw;
    if (raw.find('\\') != std::string_view::npos) {
      if (raw.size() > sizeof plain) return 0;
      name = {plain, unescape(raw, plain)};
    }
    Set hit = 0;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if ((set >> i & 1) == 0) continue;
      const Step& step = paths_[i][depth];
      if (step.index == Step::kName && step.name == name) hit |= Set{1} << i;
    }
    return hit;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool skip_string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !skip_escape()) return false;
    }
    return false;
  }

  bool skip_escape() {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i, ++at_)
      if (at_ == end_ || hex_value(*at_) < 0) return false;
    return true;
  }

  bool skip_digits() {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool skip_number() {
    take('-');
    if (!take('0') && !skip_digits()) return false;
    if (take('.') && !skip_digits()) return false;
    if (at_ == end_ || (*at_ != 'e' && *at_ != 'E')) return true;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    return skip_digits();
  }

  bool skip_scalar() {
    switch (*at_) {
      case '"': return skip_string();
      case 't': return take("true");
      case 'f': return take("false");
      case 'n': return take("null");
      default: return skip_number();
    }
  }

  // Any value, without recursion. `depth` containers are open around it.
  bool skip_value(std::size_t depth) {
    const std::size_t outside = depth;
    std::uint64_t objects = 0;  // bit n: the container at depth n is an object
    while (true) {
      skip_space();
      if (at_ == end_) return false;
      bool opened = false;
      if (*at_ == '{' || *at_ == '[') {
        if (depth == RouteSelection::kMaxNesting) return false;
        const bool object = *at_++ == '{';
        objects = (objects & ~(std::uint64_t{1} << depth)) | std::uint64_t{object} << depth;
        ++depth;
        opened = true;
        skip_space();
        if (!take(object ? '}' : ']')) {
          if (object && !skip_name()) return false;
          continue;
        }
        --depth;
      }
      if (!opened && !skip_scalar()) return false;
      // Behind a value: on to the next one, out of as many containers as end here.
      while (true) {
        if (depth == outside) return true;
        const bool object = (objects >> (depth - 1) & 1) != 0;
        skip_space();
        if (take(',')) {
          if (object && !skip_name()) return false;
          break;
        }
        if (!take(object ? '}' : ']')) return false;
        --depth;
      }
    }
  }

  // "name":
  bool skip_name() {
    skip_space();
    if (!skip_string()) return false;
    skip_space();
    return take(':');
  }

  static constexpr std::size_t kLongestEscaped = 6 * RouteSelection::kMaxName;

  const char* at_;
  const char* end_;
  std::span<const Path> paths_;
  std::span<std::string_view> values_;
};

}  // namespace

bool find_values(std::string_view json, std::span<const Path> paths, std::span<std::string_view> values) {
  return Scan(json, paths, values).run();
}

std::string_view json_text_of(std::string_view value, Arena& arena) {
  if (value.empty() || value == "null" || value.front() == '{' || value.front() == '[') return {};
  if (value.front() != '"') return value;
  const std::string_view inside = value.substr(1, value.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  char* const to = static_cast<char*>(arena.allocate(inside.size(), 1));
  return {to, unescape(inside, to)};
}

}  // namespace gatehouse::wsapi
