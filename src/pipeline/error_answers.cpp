#include "gatehouse/pipeline/error_answers.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/json_text.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <algorithm>

namespace gatehouse::pipeline {
namespace {

using http::FieldId;

// {"message":"Unauthorized","reason":"jwt_expired","detail":"the token expired at …"}
std::string_view helpful_body(RequestContext& context, const Answer& made) {
  Arena& arena = context.arena();
  std::string_view body = arena.concat({R"({"message":")", json_escaped(made.message, arena), R"(","reason":")", made.reason, "\""});
  if (!context.detail.empty()) body = arena.concat({body, R"(,"detail":")", json_escaped(context.detail, arena), "\""});
  if (!made.members.empty()) body = arena.concat({body, ",", made.members});
  return arena.concat({body, "}"});
}

// There is more to say than the message, and the body may be replaced.
bool has_more(const RequestContext& context, const Answer& made) {
  return !made.message.empty() && !(context.detail.empty() && made.members.empty());
}

// Fields that Amazon does not send with such an answer. A challenge belongs to 401 alone.
void remove_unlike_amazon(http::FieldEdits& fields, int status) {
  fields.remove(FieldId::kRetryAfter);
  fields.remove(FieldId::kAllow);
  if (status != 401) fields.remove(FieldId::kWwwAuthenticate);
}

void add_amazon_fields(RequestContext& context, http::FieldEdits& fields, std::string_view exception) {
  fields.set("x-amzn-ErrorType", exception);
  if (context.request_id.empty()) return;
  fields.set("x-amzn-RequestId", context.request_id);
  fields.set("apigw-requestid", context.request_id);
}

bool has_content_type(const ErrorResponse& response) {
  return std::ranges::any_of(response.headers, [](const auto& header) { return iequals(header.first, "content-type"); });
}

}  // namespace

bool as_amazon(const Route& route) { return route.errors && route.errors->style() == ErrorStyle::kAws; }

ErrorAnswers::ErrorAnswers(ErrorStyle style, std::vector<ErrorResponse> responses)
    : style_(style), responses_(std::move(responses)) {
  for (const ErrorResponse& response : responses_) by_type_[static_cast<std::size_t>(response.type)] = &response;
}

const ErrorResponse* ErrorAnswers::response_for(ErrorType type, int status) const {
  const ErrorResponse* const own = by_type_[static_cast<std::size_t>(type)];
  if (own != nullptr) return own;
  return by_type_[static_cast<std::size_t>(status >= 500 ? ErrorType::kDefault5xx : ErrorType::kDefault4xx)];
}

Answer ErrorAnswers::shape(RequestContext& context, const Answer& made) const {
  const ReasonKind kind = kind_of_reason(made.reason, made.status);
  if (kind.of_service) return made;
  const AmazonAnswer& amazon = amazon_answer(kind.type);
  const bool aws = style_ == ErrorStyle::kAws;
  const int status = aws && amazon.status != 0 ? amazon.status : made.status;
  const std::string_view exception = kind.exception.empty() ? amazon.exception : kind.exception;
  std::string_view message = made.message;
  if (aws && kind.in_amazons_words && !context.detail.empty()) {
    message = context.detail;
  } else if (aws && !amazon.message.empty()) {
    message = amazon.message;
  }

  if (const ErrorResponse* response = response_for(kind.type, status)) {
    const ErrorFacts facts{message, amazon.name, kind.type == ErrorType::kBadRequestBody ? context.detail : std::string_view()};
    Answer answer = customised(context, made, *response, facts, response->status.value_or(status));
    if (aws) add_amazon_fields(context, answer.fields, exception);
    return answer;
  }
  if (aws) {
    Answer answer(context.arena(), status, made.reason, message);
    answer.body = context.arena().concat({R"({"message":")", json_escaped(message, context.arena()), R"("})"});
    answer.fields = made.fields;
    answer.fields.set(FieldId::kContentType, "application/json");
    remove_unlike_amazon(answer.fields, status);
    add_amazon_fields(context, answer.fields, exception);
    return answer;
  }
  if (!has_more(context, made)) return made;
  Answer answer = made;
  answer.body = helpful_body(context, made);
  return answer;
}

Answer ErrorAnswers::customised(RequestContext& context, const Answer& made, const ErrorResponse& response,
                                const ErrorFacts& facts, int status) const {
  context.error = &facts;
  Arena& arena = context.arena();
  Answer answer = made;
  answer.status = status;
  if (style_ == ErrorStyle::kAws) remove_unlike_amazon(answer.fields, status);
  if (response.body) {
    answer.body = response.body->evaluate(context);
  } else if (answer.message.empty() || style_ == ErrorStyle::kAws) {
    answer.body = arena.concat({R"({"message":")", json_escaped(facts.message, arena), R"("})"});
  } else if (has_more(context, made)) {
    answer.body = helpful_body(context, made);
  }
  if (!has_content_type(response)) answer.fields.set(FieldId::kContentType, "application/json");
  for (const auto& [name, value] : response.headers) {
    const std::string_view text = value.evaluate(context);
    answer.fields.set(name, text);
  }
  context.error = nullptr;
  return answer;
}

}  // namespace gatehouse::pipeline
