// Route selection against a reader of JSON that keeps a tree: both agree on what is JSON and on what stands at a path. A first
// line that ends with a line break is the expression; else it is a fixed one.
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/wsapi/selection.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using wsapi::RouteSelection;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

// Of $request.body.action.
std::string key_in(JsonValue root) {
  const JsonValue value = root.find("action");
  if (!value || value.is_object() || value.is_array() || value.kind() == JsonKind::kNull) return {};
  return std::string(value.text());
}

void compare(std::string_view message) {
  static const RouteSelection action = *RouteSelection::parse("$request.body.action");
  Arena arena;
  const auto key = action.evaluate(message, arena);
  const auto tree = JsonTree::parse(message, RouteSelection::kMaxNesting);
  if (tree) {
    // Where the tree has one value for each name, so has the scan.
    require(key.has_value(), "what a tree can be made of has a key");
    require(*key == key_in(tree->root()), "the same value");
    return;
  }
  // The tree refuses more: any name that stands twice, what is no UTF-8, lone surrogates.
  if (tree.error().kind == JsonFault::Kind::kDepth) require(!key, "too deep for both");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  compare(text);
  const std::size_t line = text.find('\n');
  if (line == std::string::npos) return 0;
  const auto selection = RouteSelection::parse(std::string_view(text).substr(0, line));
  if (!selection) {
    require(!selection.error().message().empty(), "an error says what is wrong");
    return 0;
  }
  Arena arena;
  const std::string_view message = std::string_view(text).substr(line + 1);
  const auto key = selection->evaluate(message, arena);
  if (key) require(key->size() <= line + RouteSelection::kMaxVariables * message.size(), "no more than was there");
  return 0;
}
