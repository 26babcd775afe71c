#include "table_request.hpp"

#include "etag.hpp"
#include "integration/whole_body.hpp"
#include "message_answer.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

namespace gatehouse::integration {

using dynamo::JsonReader;
using dynamo::Map;
using dynamo::ValueWriter;
using pipeline::Answer;

namespace {

bool is_json(std::string_view type) {
  const std::string_view media = trim(type.substr(0, type.find(';')));
  return iequals(media, "application/json") || iequals(media, "application/merge-patch+json");
}

}  // namespace

void TableRequest::refuse(int status, std::string_view reason, std::string_view message) {
  context.answer(message_answer(context.arena(), status, reason, message));
}

void TableRequest::answer_json(int status, std::string_view json, std::string_view reason) {
  context.answer(Answer(context.arena(), status, reason, "application/json", context.arena().copy(json)));
}

void TableRequest::append_item(std::string& to, const Map& item) {
  if (settings.hidden.empty()) return dynamo::write_plain_item(to, item);
  std::string visible;
  ValueWriter writer(visible);
  write_without(item, settings.hidden, writer);
  dynamo::write_plain_item(to, Map::item(visible));
}

void TableRequest::answer_item(int status, const Map& item, std::string_view location) {
  std::string body;
  append_item(body, item);
  Arena& arena = context.arena();
  Answer answer(arena, status, "ok", "application/json", arena.copy(body));
  answer.fields.set(http::FieldId::kETag, arena.copy(etag_of(item, settings.version)));
  if (!location.empty()) answer.fields.set(http::FieldId::kLocation, arena.copy(location));
  context.answer(answer);
}

net::Task<bool> TableRequest::read_key_body() {
  std::string item;
  net::Task<bool> reading = read_object(item);
  const bool read = co_await reading;
  if (read) body_ = std::move(item);
  co_return read;
}

std::optional<std::string_view> TableRequest::key_text(const TableKeyField& field, std::string& problem) {
  if (field.body.empty()) return field.value.evaluate(context);
  dynamo::Value value = Map::item(*body_).find(field.body.front());
  for (std::size_t i = 1; i < field.body.size() && value; ++i)
    value = value.type() == dynamo::Type::kMap ? value.map().find(field.body[i]) : dynamo::Value();
  const bool absent = !value || value.type() == dynamo::Type::kNull;
  const bool usable = !absent && (value.type() == dynamo::Type::kString || value.type() == dynamo::Type::kNumber);
  if (absent || (usable && value.text().empty())) return field.value.evaluate(context);
  if (usable) return value.text();
  problem = field.attribute + " must be text or a number";
  return std::nullopt;
}

bool TableRequest::evaluate_key(RouteValues& values) {
  for (const TableKeyField& field : settings.key) {
    std::string problem;
    const auto text = key_text(field, problem);
    if (text && values.add_key(*find_part(settings, field.attribute), *text)) continue;
    refuse(400, "table_key_invalid", text ? values.problem() : problem);
    return false;
  }
  return true;
}

net::Task<bool> TableRequest::read_object(std::string& item) {
  if (body_) {
    item = *body_;
    co_return true;
  }
  const auto type = context.request().fields.get(http::FieldId::kContentType);
  if (type && !is_json(*type)) {
    refuse(415, "body_not_json", "the body must be application/json");
    co_return false;
  }
  std::string body;
  const bool complete = co_await read_whole_body(context, body);
  if (!complete) co_return false;
  if (!dynamo::is_valid_utf8(body)) {
    refuse(400, "body_not_json", "the body is not valid UTF-8");
    co_return false;
  }
  JsonReader reader(body, context.arena());
  ValueWriter writer(item);
  dynamo::read_plain_item(reader, writer);
  reader.finish();
  if (const auto fault = reader.fault()) {
    refuse(400, "body_not_json", "the body must be a JSON object: " + fault->message());
    co_return false;
  }
  co_return true;
}

bool TableRequest::check_schema(const Map& item) {
  if (!route.schema) return true;
  std::string document;
  dynamo::write_plain_item(document, item);
  const auto violations = route.schema->validate(document);
  if (violations.empty()) return true;
  std::string body = R"({"message":"the body does not match the schema","errors":[)";
  for (const json::Violation& violation : violations) {
    if (body.back() != '[') body += ',';
    body += R"({"pointer":)";
    dynamo::write_json_string(body, violation.pointer);
    body += R"(,"message":)";
    dynamo::write_json_string(body, violation.message);
    body += '}';
  }
  body += "]}";
  answer_json(400, body, "schema_violation");
  return false;
}

}  // namespace gatehouse::integration
