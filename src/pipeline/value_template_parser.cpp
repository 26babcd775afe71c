// Parsing of templates: one pass over the text, every mistake with the nearest thing that would be right.
#include "amazon_names.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/dotted_name.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace gatehouse::pipeline {
namespace {

// In the order of Source, which begins with text.
constexpr std::array<std::string_view, 10> kVariables = {"path",     "query", "header", "context", "claims",
                                                          "response", "body",  "uuid",   "ulid",    "now"};
// In the order of ContextValue.
constexpr std::array<std::string_view, 20> kContextNames = {
    "request_id", "client_ip", "method", "path", "host", "scheme", "api", "stage", "route", "identity",
    "connection_id", "event", "message_id", "connected_at", "disconnect_code", "disconnect_reason",
    "error.message", "error.messageString", "error.responseType", "error.validationErrorString"};
constexpr std::size_t kOrdinaryNames = 16;  // those that are known outside of refusals

// "realm_access.roles[0]": dots and brackets only where a claim's path goes on behind them.
std::string_view take_claim_path(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size()) {
    if (is_name_char(text[size])) {
      ++size;
    } else if (text[size] == '.' && size > 0 && size + 1 < text.size() && is_name_char(text[size + 1])) {
      size += 2;
    } else if (const auto end = text.find(']', size); text[size] == '[' && end != std::string_view::npos &&
               std::ranges::all_of(text.substr(size + 1, end - size - 1), [](char c) { return c >= '0' && c <= '9'; })) {
      size = end + 1;
    } else {
      break;
    }
  }
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

bool is_default_char(char c) { return is_name_char(c) || c == '.'; }

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

template <class Range>
std::string hint(std::string_view word, const Range& candidates, const std::string& prefix) {
  if (const std::string_view near = nearest(word, candidates); !near.empty()) {
    return ": did you mean " + prefix + std::string(near) + "?";
  }
  std::string list;
  for (const std::string_view candidate : candidates) {
    list += list.empty() ? "" : ", ";
    list += prefix;
    list += candidate;
  }
  return list.empty() ? std::string() : ": there is " + list;
}

// The longest run of characters at the front of `text` that `accepts` takes, which is cut off.
template <class Predicate>
std::string_view take_while(std::string_view& text, Predicate accepts) {
  const auto end = std::ranges::find_if_not(text, accepts);
  const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

Error wrong(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_value_template", std::move(message)};
}

}  // namespace

class ValueTemplateParser {
 public:
  using Part = ValueTemplate::Part;
  using Source = ValueTemplate::Source;
  using ContextValue = ValueTemplate::ContextValue;
  static_assert(kContextNames.size() == static_cast<std::size_t>(ContextValue::kCount));

  ValueTemplateParser(std::string_view text, const std::vector<std::string>& path_variables, bool braces, bool refusal,
                      ValueTemplate::BodyValues body)
      : rest_(text),
        path_variables_(path_variables),
        braces_(braces),
        body_(body),
        context_names_(std::span(kContextNames).first(refusal ? kContextNames.size() : kOrdinaryNames)) {}

  Result<std::vector<Part>> parse() {
    while (!rest_.empty()) {
      const std::size_t next = rest_.find_first_of(braces_ ? "${}" : "$");
      add_text(rest_.substr(0, next));
      rest_.remove_prefix(std::min(next, rest_.size()));
      if (rest_.empty()) break;
      if (auto parsed = rest_.front() == '$' ? parse_dollar() : parse_brace(); !parsed) return parsed.error();
    }
    if (braces_) {
      if (auto checked = check_path(); !checked) return checked.error();
    }
    return std::move(parts_);
  }

 private:
  void add_text(std::string_view text) {
    if (text.empty()) return;
    if (parts_.empty() || parts_.back().source != Source::kText)
      parts_.push_back({Source::kText, ContextValue::kCount, {}, {}, nullptr});
    parts_.back().text += text;
  }

  Result<void> parse_dollar() {
    rest_.remove_prefix(1);
    if (rest_.starts_with('$')) {
      rest_.remove_prefix(1);
      add_text("$");
      return {};
    }
    const bool delimited = rest_.starts_with('{');
    if (delimited) return parse_delimited();
    const std::string_view before = rest_;
    std::string_view variable = take_while(rest_, is_word_char);
    if (variable.empty()) return wrong("'$' begins a variable such as $query.x: write $$ for a dollar sign");
    std::string_view name;
    // Behind a variable without names the dot is text: "$now.json".
    const bool named = variable != "uuid" && variable != "ulid" && variable != "now";
    take_request_body(variable);
    if (named && rest_.size() > 1 && rest_[0] == '.' && is_name_char(rest_[1])) {
      rest_.remove_prefix(1);
      take_name(variable, name);
    }
    // What a path into the body cannot have belongs to it all the same: it is a mistake and no text.
    if (variable == "body" && (rest_.starts_with('[') || rest_.starts_with(".."))) name = {rest_.data(), 1};
    const auto written = before.substr(0, before.size() - rest_.size());
    std::string_view fallback;
    if (rest_.starts_with('|')) {
      rest_.remove_prefix(1);
      fallback = take_while(rest_, is_default_char);
    }
    return add_variable("$" + std::string(written), variable, name, fallback);
  }

  // "$request.body" is "$body", with a path behind it or without.
  void take_request_body(std::string_view& variable) {
    constexpr std::string_view kBody = ".body";
    const std::string_view behind = rest_.substr(std::min(kBody.size(), rest_.size()));
    if (variable != "request" || !rest_.starts_with(kBody) || (!behind.empty() && is_name_char(behind.front()))) return;
    rest_ = behind;
    variable = "body";
  }

  // At the front of the rest. A dotted name ends where it stops meaning anything: "$context.path.json" is a path and ".json".
  void take_name(std::string_view& variable, std::string_view& name) {
    if (variable == "body" || variable == "claims") {
      name = take_claim_path(rest_);
      return;
    }
    std::string_view behind = rest_;
    const std::string_view dotted = take_dotted(behind);
    std::size_t used = dotted.find('.');
    if (const auto amazons = amazon_name(variable, dotted)) {
      variable = amazons->variable;
      name = amazons->name;
      used = amazons->used;
    } else {
      if (variable == "response" && used != std::string_view::npos) used = dotted.find('.', used + 1);
      if (variable == "context" && std::ranges::find(context_names_, dotted) != context_names_.end()) used = dotted.size();
      name = dotted.substr(0, used);
    }
    rest_.remove_prefix(std::min(used, dotted.size()));
  }

  Result<void> parse_delimited() {
    const std::size_t end = rest_.find('}');
    if (end == std::string_view::npos) return wrong("no '}' behind \"$" + std::string(rest_) + "\"");
    std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const std::string written = "${" + std::string(inside) + "}";
    std::string_view fallback;
    if (const std::size_t bar = inside.find('|'); bar != std::string_view::npos) {
      fallback = inside.substr(bar + 1);
      inside = inside.substr(0, bar);
    }
    const std::size_t dot = inside.find('.');
    if (inside.ends_with('.')) return wrong(written + " needs a name behind its last dot");
    const std::string_view name = dot == std::string_view::npos ? std::string_view() : inside.substr(dot + 1);
    const auto amazons = amazon_name(inside.substr(0, dot), name);
    if (amazons && amazons->used == name.size()) return add_variable(written, amazons->variable, amazons->name, fallback);
    return add_variable(written, inside.substr(0, dot), name, fallback);
  }

  // {id} or {proxy+}
  Result<void> parse_brace() {
    const std::size_t end = rest_.find('}');
    if (rest_.front() == '}' || end == std::string_view::npos) {
      return wrong("a brace without its other half at " + quoted(rest_.substr(0, 16)) + ": a variable is written {id}");
    }
    std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (name.ends_with('+')) name.remove_suffix(1);
    return add_path_variable("{" + std::string(name) + "}", name, {});
  }

  Result<void> add_variable(const std::string& written, std::string_view variable, std::string_view name,
                            std::string_view fallback) {
    const auto known = std::ranges::find(kVariables, variable);
    if (known == kVariables.end()) return wrong("unknown variable " + written + hint(variable, kVariables, "$"));
    const auto source = static_cast<Source>(known - kVariables.begin() + 1);
    if (source == Source::kBody && body_ == ValueTemplate::BodyValues::kUnknown)
      return wrong(written + " is known where a request is changed on its way to a backend: in 'request', 'parameters' and 'path' of a route");
    const bool named = source <= Source::kBody;
    if (named && name.empty() && source != Source::kBody) return wrong(written + " needs a name: write $" + std::string(variable) + ".x");
    if (!named && !name.empty()) return wrong(written + " has no parts: write $" + std::string(variable));
    if (source == Source::kPath) return add_path_variable(written, name, fallback);
    ContextValue which = ContextValue::kCount;
    if (source == Source::kContext) {
      const auto at = std::ranges::find(context_names_, name);
      if (at == context_names_.end())
        return wrong("unknown variable " + written + hint(name, context_names_, "$context."));
      which = static_cast<ContextValue>(at - context_names_.begin());
    }
    if (source == Source::kResponse) {
      constexpr std::string_view kHeader = "header.";
      if (!name.starts_with(kHeader)) return wrong(written + ": of an answer there is $response.header.x");
      name.remove_prefix(kHeader.size());
    }
    std::shared_ptr<const crypto::ClaimPath> claim;
    if (source == Source::kClaims || (source == Source::kBody && !name.empty())) {
      auto path = crypto::ClaimPath::parse(name);
      if (!path && source == Source::kBody)
        return wrong(written + ": a path into the body has names, dots and indexes such as [0], and nothing else");
      if (!path) return wrong(written + ": " + path.error().message());
      claim = std::make_shared<const crypto::ClaimPath>(std::move(*path));
    }
    parts_.push_back({source, which, std::string(name), std::string(fallback), std::move(claim)});
    return {};
  }

  Result<void> add_path_variable(const std::string& written, std::string_view name, std::string_view fallback) {
    if (std::ranges::find(path_variables_, name) == path_variables_.end()) {
      if (path_variables_.empty()) return wrong("unknown variable " + written + ": the route's path has no variables");
      return wrong("unknown variable " + written + hint(name, path_variables_, braces_ ? "" : "$path."));
    }
    parts_.push_back({Source::kPath, ContextValue::kCount, std::string(name), std::string(fallback), nullptr});
    return {};
  }

  Result<void> check_path() const {
    const bool begins_with_path = !parts_.empty() && parts_.front().which == ContextValue::kPath;
    if (!begins_with_path &&
        (parts_.empty() || !parts_.front().text.starts_with('/') || parts_.front().source != Source::kText)) {
      return wrong("a path begins with '/'");
    }
    for (const Part& part : parts_) {
      if (part.source != Source::kText) continue;
      const bool bad = std::ranges::any_of(part.text, [](char c) {
        return c == '?' || c == '#' || static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f;
      });
      if (bad) return wrong("a path has no query, fragment, space or control character: " + quoted(part.text));
    }
    return {};
  }

  std::string_view rest_;
  const std::vector<std::string>& path_variables_;
  bool braces_;
  ValueTemplate::BodyValues body_;
  std::span<const std::string_view> context_names_;
  std::vector<Part> parts_;
};

Result<ValueTemplate> ValueTemplate::parse(std::string_view text, const std::vector<std::string>& path_variables,
                                           PathValues values, bool braces, BodyValues body) {
  const bool refusal = values == PathValues::kErrorText || values == PathValues::kErrorJson;
  auto parts = ValueTemplateParser(text, path_variables, braces, refusal, body).parse();
  if (!parts) return parts.error();
  ValueTemplate made;
  made.text_ = text;
  made.parts_ = std::move(*parts);
  made.values_ = values;
  return made;
}

}  // namespace gatehouse::pipeline
