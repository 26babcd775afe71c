#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/wsapi/feed_settings.hpp"

#include <utility>

namespace gatehouse::wsapi {
namespace {

using dynamo::Condition;
using dynamo::ExpressionKind;

Error wrong(std::string message) { return {ErrorKind::kInvalid, ErrorSource::kGateway, "bad_feed_filter", std::move(message)}; }

}  // namespace

Result<FeedFilter> FeedFilter::make(std::string expression, Names names, std::string_view values) {
  FeedFilter made;
  made.expression_ = std::move(expression);
  made.names_ = std::move(names);
  Arena arena;
  if (!values.empty()) {
    dynamo::JsonReader reader(values, arena);
    dynamo::ValueWriter writer(made.values_);
    reader.read_map(writer);
    reader.finish();
    if (const auto fault = reader.fault()) return wrong(fault->message());
  }
  dynamo::Bindings bindings;
  const auto parsed = made.parse(bindings, arena);
  if (!parsed) return wrong(parsed.error().message());
  if (const auto used = bindings.check_all_used(); !used) return wrong(used.error().message());
  return made;
}

dynamo::Outcome<Condition> FeedFilter::parse(dynamo::Bindings& bindings, Arena& arena) const {
  if (!names_.empty()) bindings.set_names_given();
  for (const auto& [placeholder, attribute] : names_) bindings.add_name(placeholder, attribute);
  if (!values_.empty()) bindings.set_values(dynamo::Value::at(values_.data()).map());
  if (const auto checked = bindings.check_syntax(); !checked) return checked.error();
  return Condition::parse(expression_, ExpressionKind::kFilter, bindings, arena);
}

FeedFilter::Compiled::Compiled(const FeedFilter& filter, Arena& arena) {
  if (filter.expression_.empty()) return;
  // It was parsed before.
  condition_ = filter.parse(bindings_, arena).value();
}

void FeedFilter::append_attributes(std::vector<std::string>& to) const {
  if (expression_.empty()) return;
  Arena arena;
  dynamo::Bindings bindings;
  std::vector<std::string_view> names;
  parse(bindings, arena).value().append_attributes(names);
  to.insert(to.end(), names.begin(), names.end());
}

std::vector<std::string> FeedSettings::decisive() const {
  std::vector<std::string> all;
  group.append_attributes(all);
  filter.append_attributes(all);
  for (const OnlyTo& rule : only_to) all.push_back(rule.attribute);
  return all;
}

}  // namespace gatehouse::wsapi
