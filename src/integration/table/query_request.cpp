#include "query_request.hpp"

#include "write_request.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/dynamo/wire/number.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::integration {

using dynamo::KeyPart;
using dynamo::Map;
using dynamo::ValueWriter;

namespace {

// Names and values that expressions refer to as #0, :0, …
class Substitutions {
 public:
  std::string name(std::string_view attribute) {
    const std::string id = "#" + std::to_string(count_++);
    begin_member(names_, id);
    dynamo::write_json_string(names_, attribute);
    return id;
  }
  // `json`: {"S":"…"}
  std::string value(std::string_view json) {
    const std::string id = ":" + std::to_string(count_++);
    begin_member(values_, id);
    values_ += json;
    return id;
  }
  void append(std::string& to) const {
    if (!names_.empty()) to += R"(,"ExpressionAttributeNames":{)" + names_ + '}';
    if (!values_.empty()) to += R"(,"ExpressionAttributeValues":{)" + values_ + '}';
  }

 private:
  static void begin_member(std::string& to, const std::string& id) {
    if (!to.empty()) to += ',';
    to += '"' + id + "\":";
  }
  std::string names_, values_;
  unsigned count_ = 0;
};

void conjoin(std::string& expression, const std::string& term) {
  if (!expression.empty()) expression += " AND ";
  expression += term;
}

std::string value_json(dynamo::Value value) {
  std::string json;
  dynamo::write_json_value(json, value);
  return json;
}

struct Operator {
  std::string_view suffix;
  std::string_view symbol;  // empty: begins_with
};
// ?price=3 ?price.ge=3 ?name.prefix=a
constexpr std::array kOperators = {Operator{"ge", ">="}, Operator{"gt", ">"}, Operator{"le", "<="},
                                   Operator{"lt", "<"},  Operator{"ne", "<>"}, Operator{"prefix", ""}};

std::string string_json(std::string_view text) {
  std::string json = R"({"S":)";
  dynamo::write_json_string(json, text);
  return json + '}';
}

// Text of a query string has no type: it is compared with strings, and with numbers and booleans where it looks like one.
std::vector<std::string> typed_forms(std::string_view text) {
  std::vector<std::string> forms = {string_json(text)};
  dynamo::NumberText number;
  if (dynamo::canonical_number(text, number) == dynamo::NumberProblem::kNone)
    forms.push_back(R"({"N":")" + std::string(number.view()) + "\"}");
  if (text == "true" || text == "false") forms.push_back(R"({"BOOL":)" + std::string(text) + '}');
  return forms;
}

std::string filter_term(Substitutions& substitutions, std::string_view attribute, std::string_view operation, std::string_view text) {
  const std::string name = substitutions.name(attribute);
  if (operation == "begins_with") return "begins_with(" + name + "," + substitutions.value(string_json(text)) + ")";
  const std::vector<std::string> forms = typed_forms(text);
  const std::string_view joint = operation == "<>" ? " AND " : " OR ";
  std::string term;
  for (const std::string& form : forms) {
    if (!term.empty()) term += joint;
    term += name + std::string(operation) + substitutions.value(form);
  }
  return forms.size() == 1 ? term : "(" + term + ")";
}

class PlanMaker {
 public:
  explicit PlanMaker(TableRequest& request) : request_(request), settings_(request.settings) {}

  std::optional<QueryPlan> make() {
    plan_.scans = settings_.action == TableAction::kScan;
    append_table(plan_.fixed, settings_.table);
    if (!settings_.index.empty()) {
      plan_.fixed += R"(,"IndexName":)";
      dynamo::write_json_string(plan_.fixed, settings_.index);
    }
    if (!request_.evaluate_key(key_)) return std::nullopt;
    if (!add_key_condition() || !read_limit() || !read_query_string()) return std::nullopt;
    finish();
    return std::move(plan_);
  }

 private:
  bool refuse(std::string_view message) {
    request_.refuse(400, "query_invalid", message);
    return false;
  }

  bool add_key_condition() {
    if (plan_.scans) return true;
    for (const ForcedField& field : key_.fields())
      conjoin(condition_, substitutions_.name(field.name) + "=" + substitutions_.value(value_json(field.value)));
    return add_bounds();
  }

  // A lower and an upper bound together are ge and le (the configuration sees to it): BETWEEN.
  bool add_bounds() {
    struct Bound {
      TableBound::Kind kind;
      std::string json;
    };
    std::optional<Bound> lower, upper;
    for (const TableBound& bound : settings_.bounds) {
      const std::string_view text = bound.value.evaluate(request_.context);
      if (text.empty()) continue;
      RouteValues value;
      if (!value.add_key(*find_part(settings_, settings_.bounded), text)) return refuse(value.problem());
      const bool is_upper = bound.kind == TableBound::Kind::kLess || bound.kind == TableBound::Kind::kLessOrEqual;
      std::optional<Bound>& side = is_upper ? upper : lower;
      side = Bound{bound.kind, value_json(value.fields()[0].value)};
    }
    if (!lower && !upper) return true;
    const std::string name = substitutions_.name(settings_.bounded);
    if (lower && upper) {
      const std::string from = substitutions_.value(lower->json);
      conjoin(condition_, name + " BETWEEN " + from + " AND " + substitutions_.value(upper->json));
      return true;
    }
    const Bound& bound = lower ? *lower : *upper;
    const std::string value = substitutions_.value(bound.json);
    switch (bound.kind) {
      case TableBound::Kind::kEqual: conjoin(condition_, name + "=" + value); break;
      case TableBound::Kind::kLess: conjoin(condition_, name + "<" + value); break;
      case TableBound::Kind::kLessOrEqual: conjoin(condition_, name + "<=" + value); break;
      case TableBound::Kind::kGreater: conjoin(condition_, name + ">" + value); break;
      case TableBound::Kind::kGreaterOrEqual: conjoin(condition_, name + ">=" + value); break;
      case TableBound::Kind::kPrefix: conjoin(condition_, "begins_with(" + name + "," + value + ")"); break;
    }
    return true;
  }

  bool read_limit() {
    const auto limit = parse_u64(settings_.limit.evaluate(request_.context));
    if (!limit || *limit == 0 || *limit > TableRouteSettings::kMaxLimit)
      return refuse("limit must be a number from 1 to " + std::to_string(TableRouteSettings::kMaxLimit));
    plan_.limit = *limit;
    return true;
  }

  bool read_query_string() {
    std::string_view rest = request_.context.query;
    while (const auto parameter = pipeline::take_parameter(rest)) {
      const std::string name = form_decode(parameter->name), value = form_decode(parameter->value);
      if (!dynamo::is_valid_utf8(value)) return refuse(name + " is not valid UTF-8");
      if (name == "cursor") {
        if (!read_cursor(value)) return refuse("cursor is not one that this route gave");
      } else if (name == "fields" && settings_.fields) {
        read_fields(value);
      } else {
        read_filter(name, value);
      }
    }
    return true;
  }

  // A cursor is a key of this route's own partition: a client that makes one up gets nothing of another's.
  bool read_cursor(const std::string& text) {
    std::string encoded = text;
    std::ranges::replace(encoded, '-', '+');
    std::ranges::replace(encoded, '_', '/');
    encoded.append((4 - encoded.size() % 4) % 4, '=');
    std::string json;
    if (!dynamo::append_base64_decoded(json, encoded) || !dynamo::is_valid_utf8(json)) return false;
    dynamo::JsonReader reader(request_.context.arena().copy(json), request_.context.arena());
    std::string item;
    ValueWriter writer(item);
    reader.read_item(writer);
    reader.finish();
    if (reader.fault()) return false;
    const Map start = Map::item(item);
    for (const ForcedField& field : key_.fields()) {
      const dynamo::Value value = start.find(field.name);
      if (!value || !equal(value, field.value)) return false;
    }
    plan_.start.clear();
    dynamo::write_json_item(plan_.start, start);
    return true;
  }

  void read_fields(std::string_view names) {
    while (!names.empty()) {
      const std::size_t comma = names.find(',');
      const std::string_view name = names.substr(0, comma);
      names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
      const bool hidden = std::ranges::find(settings_.hidden, name) != settings_.hidden.end();
      const bool repeated = std::ranges::find(fields_, name) != fields_.end();
      if (!name.empty() && !hidden && !repeated) fields_.emplace_back(name);
    }
  }

  void read_filter(const std::string& name, const std::string& value) {
    const auto allowed = [&](std::string_view attribute) { return std::ranges::find(settings_.filter, attribute) != settings_.filter.end(); };
    if (allowed(name)) return conjoin(filter_, filter_term(substitutions_, name, "=", value));
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos || !allowed(name.substr(0, dot))) return;
    const std::string_view suffix = std::string_view(name).substr(dot + 1);
    for (const Operator& each : kOperators)
      if (each.suffix == suffix)
        conjoin(filter_, filter_term(substitutions_, name.substr(0, dot), each.symbol.empty() ? "begins_with" : each.symbol, value));
  }

  void finish() {
    std::string& to = plan_.fixed;
    if (!condition_.empty()) to += R"(,"KeyConditionExpression":")" + condition_ + '"';
    if (!filter_.empty()) to += R"(,"FilterExpression":")" + filter_ + '"';
    if (!fields_.empty()) {
      std::string projection;
      for (const std::string& field : fields_) projection += (projection.empty() ? "" : ",") + substitutions_.name(field);
      to += R"(,"ProjectionExpression":")" + projection + '"';
    }
    substitutions_.append(to);
    if (!plan_.scans && settings_.descending) to += R"(,"ScanIndexForward":false)";
    if (settings_.index.empty() && settings_.consistent) to += R"(,"ConsistentRead":true)";
    plan_.filters = !filter_.empty();
  }

  TableRequest& request_;
  const TableRouteSettings& settings_;
  QueryPlan plan_;
  RouteValues key_;
  Substitutions substitutions_;
  std::string condition_, filter_;
  std::vector<std::string> fields_;
};

}  // namespace

std::optional<QueryPlan> make_query_plan(TableRequest& request) { return PlanMaker(request).make(); }

std::string make_cursor(std::string_view last_key_json) {
  std::string cursor = dynamo::base64(last_key_json);
  std::ranges::replace(cursor, '+', '-');
  std::ranges::replace(cursor, '/', '_');
  while (!cursor.empty() && cursor.back() == '=') cursor.pop_back();
  return cursor;
}

}  // namespace gatehouse::integration
