// Reading of route selection expressions: whatever is wrong is said with the way to write it.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/dotted_name.hpp"
#include "gatehouse/wsapi/selection.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using pipeline::is_name_char;

constexpr std::size_t kMaxExpression = 1024;
constexpr std::string_view kBody = "request.body";
constexpr std::string_view kHowTo = ": write it like $request.body.action";

Error wrong(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_route_selection", std::move(message)};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

class SelectionParser {
 public:
  explicit SelectionParser(std::string_view text) : rest_(text) { made_.text_ = text; }

  Result<RouteSelection> parse() {
    if (rest_.empty()) return wrong("no expression" + std::string(kHowTo));
    if (rest_.size() > kMaxExpression) return wrong("longer than " + std::to_string(kMaxExpression) + " bytes");
    while (!rest_.empty()) {
      const std::size_t next = std::min(rest_.find_first_of("$\\"), rest_.size());
      add_literal(rest_.substr(0, next));
      rest_.remove_prefix(next);
      if (rest_.empty()) break;
      if (auto taken = rest_.front() == '$' ? take_variable() : take_escape(); !taken) return taken.error();
    }
    return std::move(made_);
  }

 private:
  void add_literal(std::string_view text) {
    if (text.empty()) return;
    if (made_.parts_.empty() || made_.parts_.back().variable >= 0) made_.parts_.emplace_back();
    made_.parts_.back().literal += text;
  }

  Result<void> take_escape() {
    if (!rest_.starts_with("\\$")) return wrong("a backslash stands before a dollar sign only, as in \\$default");
    add_literal("$");
    rest_.remove_prefix(2);
    return {};
  }

  Result<void> take_variable() {
    rest_.remove_prefix(1);
    if (rest_.starts_with('{')) {
      const std::size_t end = rest_.find('}');
      if (end == std::string_view::npos) return wrong("no '}' behind \"$" + std::string(rest_) + "\"");
      const std::string_view inside = rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      return add_variable(inside);
    }
    // Dots only where a name goes on behind them: "$request.body.action." ends with a full stop.
    std::size_t size = 0;
    while (size < rest_.size()) {
      const char c = rest_[size];
      const bool goes_on = c == '.' && size + 1 < rest_.size() && is_name_char(rest_[size + 1]);
      if (!is_name_char(c) && !goes_on && c != '[' && c != ']') break;
      ++size;
    }
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return add_variable(name);
  }

  Result<void> add_variable(std::string_view written) {
    if (!written.starts_with(kBody) || (written.size() > kBody.size() && written[kBody.size()] != '.' && written[kBody.size()] != '['))
      return wrong(quoted("$" + std::string(written)) + " says nothing of a message, which is all body" + std::string(kHowTo));
    const std::string_view steps = written.substr(kBody.size());
    if (steps.empty()) return wrong("which field of the body?" + std::string(kHowTo).substr(1));
    if (made_.paths_.size() == RouteSelection::kMaxVariables)
      return wrong("more than " + std::to_string(RouteSelection::kMaxVariables) + " variables");
    RouteSelection::Path path;
    if (auto read = read_steps(steps, path); !read) return read.error();
    made_.parts_.push_back({{}, static_cast<int>(made_.paths_.size())});
    made_.paths_.push_back(std::move(path));
    return {};
  }

  // ".action", ".items[0].kind"
  static Result<void> read_steps(std::string_view text, RouteSelection::Path& path) {
    const std::string written(text);
    while (!text.empty()) {
      if (path.size() == RouteSelection::kMaxSteps) return wrong("more than " + std::to_string(RouteSelection::kMaxSteps) + " steps in " + quoted(written));
      if (text.front() == '[') {
        const std::size_t end = std::min(text.find(']'), text.size());
        const auto index = parse_u64(text.substr(1, end - 1));
        if (end == text.size() || !index || *index >= RouteSelection::Step::kName)
          return wrong("an element of a list is written [0], and " + quoted(written) + " has something else");
        path.push_back({{}, static_cast<std::uint32_t>(*index)});
        text.remove_prefix(end + 1);
        continue;
      }
      if (text.front() != '.') return wrong("a dot is missing in " + quoted(written));
      text.remove_prefix(1);
      const std::size_t end = std::min(text.find_first_of(".["), text.size());
      if (end == 0) return wrong("a name is missing in " + quoted(written));
      if (end > RouteSelection::kMaxName) return wrong("a name is longer than " + std::to_string(RouteSelection::kMaxName) + " bytes");
      path.push_back({std::string(text.substr(0, end)), RouteSelection::Step::kName});
      text.remove_prefix(end);
    }
    return {};
  }

  std::string_view rest_;
  RouteSelection made_;
};

Result<RouteSelection> RouteSelection::parse(std::string_view expression) { return SelectionParser(expression).parse(); }

}  // namespace gatehouse::wsapi
