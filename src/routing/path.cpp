#include "gatehouse/routing/path.hpp"

#include "gatehouse/pipeline/path_escapes.hpp"

namespace gatehouse::routing {
namespace {

// Puts "/a/b" together without its last slash, segment by segment.
class Assembly {
 public:
  explicit Assembly(char* begin) : begin_(begin), end_(begin) {}

  // False when the segment must be refused.
  bool add(std::string_view segment) {
    ends_in_slash_ = true;
    if (segment.empty()) return true;
    *end_ = '/';
    char* const after = pipeline::normalise_segment(segment, end_ + 1);
    if (after == nullptr) return false;
    const std::string_view normal(end_ + 1, static_cast<std::size_t>(after - end_ - 1));
    if (normal == ".") return true;
    if (normal == "..") {
      drop_last();
    } else {
      end_ = after;
      ends_in_slash_ = false;
    }
    return true;
  }

  std::string_view finish() {
    if (ends_in_slash_) *end_++ = '/';
    return {begin_, static_cast<std::size_t>(end_ - begin_)};
  }

 private:
  void drop_last() {
    while (end_ != begin_) {
      --end_;
      if (*end_ == '/') return;
    }
  }

  char* begin_;
  char* end_;
  bool ends_in_slash_ = true;
};

}  // namespace

std::optional<std::string_view> normalise_path(std::string_view path, Arena& arena) {
  if (!path.starts_with('/')) return std::nullopt;
  if (pipeline::is_plain_path(path)) return path;
  Assembly assembly(static_cast<char*>(arena.allocate(path.size() * 3, 1)));
  for (std::string_view rest = path.substr(1);;) {
    const std::size_t slash = rest.find('/');
    if (!assembly.add(rest.substr(0, slash))) return std::nullopt;
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  const std::string_view normal = assembly.finish();
  return normal == path ? path : normal;
}

}  // namespace gatehouse::routing
