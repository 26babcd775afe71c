// errors, error_responses: what refusals look like.
#include "descriptions.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/protected_fields.hpp"
#include "web_texts.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

using pipeline::ErrorResponse;

bool parse_error_type(std::string_view text, std::string& value, Complaint& complaint) {
  if (pipeline::find_error_type(text)) {
    value = text;
    return true;
  }
  complaint.message = in_quotes(text) + " is no type of error response";
  complaint.fix = did_you_mean(text, pipeline::error_type_names());
  if (!complaint.fix.empty()) return false;
  for (const std::string_view name : pipeline::error_type_names())
    complaint.fix += (complaint.fix.empty() ? "there are " : ", ") + std::string(name);
  return false;
}
const Text<std::string> kErrorTypeName{"error_type", "a type of error response such as THROTTLED or DEFAULT_4XX", "^[A-Z0-9_]+$",
                                       {"THROTTLED", "DEFAULT_4XX"}, parse_error_type, print_text};

// Values in a JSON body are escaped, those in other bodies are not.
bool is_json(const ErrorResponse& response) {
  const auto type = std::ranges::find_if(response.headers, [](const auto& header) { return iequals(header.first, "content-type"); });
  return type == response.headers.end() || type->second.text().find("json") != std::string::npos;
}

void describe_error_response(Fields& f, ErrorResponse& s) {
  f.field("status", s.status, Integer<int>{400, 599}, "The status code. Default: the refusal's own.");
  f.field("headers", s.headers, Map<Template>{kFieldName, kErrorField, "{x-error-type: $context.error.responseType}"},
          "Headers of the answer, beside those that the refusal has.");
  f.field("body", s.body, is_json(s) ? kErrorJson : kErrorText,
          "The body. $context.error.message, .messageString (with quotes), .responseType and .validationErrorString say what "
          "happened. Default: the refusal's own.");
  if (f.reading() == nullptr) return;
  for (const auto& header : s.headers) {
    if (middleware::is_protected_field(header.first))
      f.reading()->problem_at("headers", in_quotes(header.first) + " is written by the gateway and cannot be set", "leave it out");
  }
}
constexpr Object<ErrorResponse> kErrorResponse{"error_response", "What a refusal of one type looks like.",
                                               "{status: 429, body: '{\"error\": \"$context.error.message\"}'}",
                                               describe_error_response};

}  // namespace

void describe_errors(Fields& f, ScopedSettings& s) {
  f.field("errors", s.errors, Words<ErrorStyle, 2>{{{{"helpful", ErrorStyle::kHelpful}, {"aws", ErrorStyle::kAws}}}},
          "What refusals of the gateway look like: helpful (the default) says why, aws has Amazon's bodies and status codes.");
  using Responses = Map<Object<ErrorResponse>>;
  Responses::Value responses;
  f.field("error_responses", responses,
          Responses{kErrorTypeName, kErrorResponse, "{THROTTLED: {body: '{\"error\": \"$context.error.message\"}'}}"},
          "Refusals in words of one's own, by Amazon's types of gateway responses; DEFAULT_4XX and DEFAULT_5XX stand for those "
          "without an entry. Each type may be said again closer to the route.");
  for (auto& [name, response] : responses) {
    const auto type = pipeline::find_error_type(name);
    if (!type) continue;
    response.type = *type;
    s.error_responses.push_back(std::move(response));
  }
}

}  // namespace gatehouse::config
