// Any text is either settings or problems: never both, never neither, never a crash, and every problem is one line with a
// place inside of the text.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/config/load.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace gatehouse::config;
using gatehouse::testing::require;

namespace {

void check(const Problem& problem, int lines) {
  require(!problem.message.empty(), "a problem says something");
  require(problem.line >= 0 && problem.line <= lines, "its line is one of the text");
  require(problem.line == 0 || problem.column >= 1, "its column is one of the line");
  require(problem.to_string().find_first_of("\r\n") == std::string::npos, "it is one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "UNSET") return std::nullopt;
    return name == "DOLLARS" ? "$$x${y}|z" : std::string(name);
  };
  const Loaded loaded = load_text(text, "f.yaml", "/nowhere", environment);
  require(loaded.settings.has_value() == loaded.problems.empty(), "settings or problems");
  // yaml-cpp counts a line after the last line end.
  const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 2;
  for (const Problem& problem : loaded.problems) check(problem, lines);
  return 0;
}
