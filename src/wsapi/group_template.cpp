#include "gatehouse/pipeline/dotted_name.hpp"
#include "gatehouse/wsapi/connection.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"

#include <algorithm>

namespace gatehouse::wsapi {
namespace {

constexpr std::string_view kItem = "item.";
constexpr std::size_t kMaxSteps = 16;

Error wrong(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_group_template", std::move(message)};
}

std::optional<std::vector<std::string>> path_of(std::string_view variable) {
  if (!variable.starts_with(kItem)) return std::nullopt;
  variable.remove_prefix(kItem.size());
  std::vector<std::string> path;
  for (;;) {
    const std::size_t dot = variable.find('.');
    if (variable.empty() || dot == 0 || path.size() == kMaxSteps) return std::nullopt;
    path.emplace_back(variable.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    variable.remove_prefix(dot + 1);
  }
}

// Empty: nothing that a name could have.
std::string_view text_of(dynamo::Value value) {
  if (!value) return {};
  switch (value.type()) {
    case dynamo::Type::kString:
    case dynamo::Type::kNumber: return value.text();
    case dynamo::Type::kBool: return value.boolean() ? "true" : "false";
    default: return {};
  }
}

}  // namespace

Result<GroupTemplate> GroupTemplate::parse(std::string_view text) {
  GroupTemplate made;
  made.text_ = text;
  const auto add_text = [&made](std::string_view more) {
    if (more.empty()) return;
    if (made.parts_.empty() || !made.parts_.back().path.empty()) made.parts_.emplace_back();
    made.parts_.back().text += more;
  };
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    add_text(text.substr(0, dollar));
    text.remove_prefix(std::min(dollar, text.size()));
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.starts_with('$')) {
      text.remove_prefix(1);
      add_text("$");
      continue;
    }
    std::string_view variable;
    std::string_view fallback;
    if (text.starts_with('{')) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return wrong("no '}' behind \"$" + std::string(text) + "\"");
      variable = text.substr(1, end - 1);
      text.remove_prefix(end + 1);
      const std::size_t bar = variable.find('|');
      if (bar != std::string_view::npos) fallback = variable.substr(bar + 1);
      variable = variable.substr(0, bar);
    } else {
      variable = pipeline::take_dotted(text);
      if (text.starts_with('|')) {
        text.remove_prefix(1);
        fallback = text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, pipeline::is_name_char) - text.begin()));
        text.remove_prefix(fallback.size());
      }
    }
    auto path = path_of(variable);
    if (!path) return wrong("unknown variable $" + std::string(variable) + ": write $item.x for an attribute, $$ for a dollar sign");
    made.parts_.push_back({std::string(fallback), std::move(*path)});
  }
  for (const Part& part : made.parts_)
    if (!part.text.empty() && !is_group_name(part.text))
      return wrong("a group's name has 1 to 128 visible ASCII characters and no '/', not \"" + part.text + "\"");
  if (made.parts_.empty()) return wrong("the name of a group is empty");
  return made;
}

bool GroupTemplate::evaluate(const dynamo::Map& item, std::string& to) const {
  const std::size_t begin = to.size();
  for (const Part& part : parts_) {
    if (part.path.empty()) {
      to += part.text;
      continue;
    }
    dynamo::Value value = item.find(part.path.front());
    for (std::size_t i = 1; i < part.path.size() && value; ++i)
      value = value.type() == dynamo::Type::kMap ? value.map().find(part.path[i]) : dynamo::Value();
    const std::string_view found = text_of(value);
    if (found.empty() && part.text.empty()) return false;
    to += found.empty() ? std::string_view(part.text) : found;
  }
  return is_group_name(std::string_view(to).substr(begin));
}

std::string_view GroupTemplate::head() const {
  return parts_.empty() || !parts_.front().path.empty() ? std::string_view() : std::string_view(parts_.front().text);
}

void GroupTemplate::append_attributes(std::vector<std::string>& to) const {
  for (const Part& part : parts_)
    if (!part.path.empty()) to.push_back(part.path.front());
}

}  // namespace gatehouse::wsapi
