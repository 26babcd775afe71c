// Evaluation: views where the value is there as it stands, the request's arena where it must be made.
#include "gatehouse/pipeline/value_template.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/json_text.hpp"
#include "gatehouse/pipeline/query.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "gatehouse/pipeline/socket_facts.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace gatehouse::pipeline {
namespace {

constexpr std::size_t kAddressSize = 46;  // what IpAddress::write() needs

std::string_view write_address(const IpAddress& address, Arena& arena) {
  char* const to = static_cast<char*>(arena.allocate(kAddressSize, 1));
  return {to, static_cast<std::size_t>(address.write(to) - to)};
}

std::string_view write_now(Arena& arena) {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  const int size =
      std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                    utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(millis % 1000));
  return arena.copy({text, static_cast<std::size_t>(size)});
}

std::string_view decoded(std::string_view value, Arena& arena) {
  if (value.find('%') == std::string_view::npos) return value;
  const auto text = percent_decode(value);
  return text ? arena.copy(*text) : value;
}

std::string_view form_decoded(std::string_view value, Arena& arena) {
  if (value.find_first_of("%+") == std::string_view::npos) return value;
  return arena.copy(form_decode(value));
}

// The last that was added, or else what the backend said.
std::string_view field_of(const http::ResponseHead& head, std::string_view name) {
  std::string_view value;
  for (const auto* added = head.edits.added(); added != nullptr; added = added->next)
    if (iequals(added->name(), name)) value = added->value;
  if (value.data() != nullptr || head.base == nullptr) return value;
  return head.base->get(name).value_or(std::string_view());
}

// Strings plain, numbers as written, containers as compact JSON.
std::string_view body_value(const crypto::ClaimPath* path, RequestContext& context) {
  if (context.body_json == nullptr) return {};
  const JsonValue root = context.body_json->root();
  const JsonValue value = path != nullptr ? path->find_in(root) : root;
  if (!value || value.kind() == JsonKind::kNull) return {};
  if (!value.is_array() && !value.is_object()) return value.text();
  std::string written;
  value.append_to(written);
  return context.arena().copy(written);
}

}  // namespace

bool ValueTemplate::is_literal() const {
  return parts_.empty() || (parts_.size() == 1 && parts_.front().source == Source::kText);
}

bool ValueTemplate::uses_claims() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.source == Source::kClaims; });
}

bool ValueTemplate::uses_body() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.source == Source::kBody; });
}

void ValueTemplate::append_needed_claims(std::vector<crypto::ClaimPath>& to) const {
  for (const Part& part : parts_)
    if (part.source == Source::kClaims && part.fallback.empty()) to.push_back(*part.claim);
}

std::string_view ValueTemplate::evaluate(RequestContext& context) const {
  if (parts_.empty()) return {};
  if (parts_.size() == 1) return insert(parts_.front(), context);
  const auto pieces = context.arena().array<std::string_view>(parts_.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    pieces[i] = insert(parts_[i], context);
    size += pieces[i].size();
  }
  char* const text = static_cast<char*>(context.arena().allocate(size, 1));
  char* at = text;
  for (const std::string_view piece : pieces) at += piece.copy(at, piece.size());
  return {text, size};
}

std::string_view ValueTemplate::insert(const Part& part, RequestContext& context) const {
  const bool into_path = values_ == PathValues::kEncoded;
  bool as_it_stood = false;
  std::string_view value;
  switch (part.source) {
    case Source::kText: return part.text;
    case Source::kPath:
      value = context.params.get(part.text).value_or(std::string_view());
      as_it_stood = into_path;
      if (!into_path) value = decoded(value, context.arena());
      break;
    case Source::kQuery:
      value = form_decoded(find_parameter(context.query, part.text).value_or(std::string_view()),
                           context.arena());
      break;
    case Source::kHeader: value = context.request().fields.get(part.text).value_or(std::string_view()); break;
    case Source::kContext:
      value = context_value(part.which, context);
      as_it_stood = part.which == ContextValue::kPath;
      break;
    case Source::kClaims:
      if (context.identity.claims) value = context.identity.claims->text(*part.claim, context.arena()).value_or(std::string_view());
      break;
    case Source::kResponse:
      if (context.answering != nullptr) value = field_of(*context.answering, part.text);
      break;
    case Source::kBody: value = body_value(part.claim.get(), context); break;
    case Source::kUuid: return context.arena().copy(make_uuid());
    case Source::kUlid: return context.arena().copy(make_ulid());
    case Source::kNow: value = write_now(context.arena()); break;
  }
  if (value.empty()) return part.fallback;
  if (values_ == PathValues::kErrorJson && part.which != ContextValue::kErrorMessageString)
    return json_escaped(value, context.arena());
  return into_path && !as_it_stood ? context.arena().copy(percent_encode(value)) : value;
}

std::string_view ValueTemplate::socket_value(ContextValue which, RequestContext& context) {
  if (context.socket == nullptr) return {};
  const SocketFacts& socket = *context.socket;
  const auto decimal = [&context](std::uint64_t value) {
    char text[20];
    return context.arena().copy({text, static_cast<std::size_t>(write_u64(text, value) - text)});
  };
  switch (which) {
    case ContextValue::kConnectionId: return socket.connection_id;
    case ContextValue::kEvent: return socket.event;
    case ContextValue::kMessageId: return socket.message_id;
    case ContextValue::kConnectedAt:
      return decimal(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(socket.connected_at.time_since_epoch()).count()));
    case ContextValue::kDisconnectCode: return socket.close_code == 0 ? std::string_view() : decimal(socket.close_code);
    default: return socket.close_reason;
  }
}

std::string_view ValueTemplate::context_value(ContextValue which, RequestContext& context) const {
  const ErrorFacts none;
  const ErrorFacts& error = context.error != nullptr ? *context.error : none;
  switch (which) {
    case ContextValue::kRequestId: return context.request_id;
    case ContextValue::kClientIp: return write_address(context.client, context.arena());
    case ContextValue::kMethod: return context.request().method_text;
    case ContextValue::kPath: return context.path;
    case ContextValue::kHost: return context.host;
    case ContextValue::kScheme: return context.scheme;
    case ContextValue::kApi: return context.route.api;
    case ContextValue::kStage: return context.route.stage;
    case ContextValue::kRoute: return context.route.label;
    case ContextValue::kIdentity: return context.identity.subject;
    case ContextValue::kConnectionId:
    case ContextValue::kEvent:
    case ContextValue::kMessageId:
    case ContextValue::kConnectedAt:
    case ContextValue::kDisconnectCode:
    case ContextValue::kDisconnectReason: return socket_value(which, context);
    case ContextValue::kErrorMessage: return error.message;
    case ContextValue::kErrorMessageString: return context.arena().concat({"\"", json_escaped(error.message, context.arena()), "\""});
    case ContextValue::kErrorType: return error.type;
    case ContextValue::kErrorValidation: return error.validation;
    case ContextValue::kCount: break;
  }
  return {};
}

}  // namespace gatehouse::pipeline
