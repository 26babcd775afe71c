// The validation step: what a request must bring, and its body against a JSON Schema. A body that is looked at is read whole
// and held for the integration, which gets it byte for byte.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/json/schema.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/body_failure.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/held_body.hpp"
#include "gatehouse/pipeline/json_text.hpp"
#include "gatehouse/pipeline/query.hpp"
#include "media_type.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::middleware {
namespace {

using pipeline::Answer;
using pipeline::Decision;
using pipeline::RequestContext;

bool is_blank(std::string_view value) { return value.find_first_not_of(" \t+") == std::string_view::npos; }

// A form-encoded blank, %20 and %09 included.
bool is_blank_parameter(std::string_view value) {
  while (!value.empty()) {
    const bool escaped = value.starts_with("%20") || value.starts_with("%09");
    if (!escaped && value.front() != '+') return false;
    value.remove_prefix(escaped ? 3 : 1);
  }
  return true;
}

bool matches(std::string_view type, std::string_view pattern) {
  if (!pattern.ends_with("/*")) return iequals(type, pattern);
  pattern.remove_suffix(1);
  return type.size() > pattern.size() && iequals(type.substr(0, pattern.size()), pattern);
}

// Names that are missing, as Amazon lists them and with the place where each was expected.
class Missing {
 public:
  explicit Missing(Arena& arena) : arena_(arena) {}
  void add(std::string_view place, std::string_view name) {
    names_ = names_.empty() ? name : arena_.concat({names_, ", ", name});
    places_ = arena_.concat({places_, places_.empty() ? "" : ", ", place, " ", name});
  }
  bool any() const { return !names_.empty(); }
  std::string_view names() const { return names_; }
  std::string_view places() const { return places_; }

 private:
  Arena& arena_;
  std::string_view names_;
  std::string_view places_;
};

class ValidateStep final : public pipeline::Middleware {
 public:
  explicit ValidateStep(ValidateSettings settings) : settings_(std::move(settings)) {
    for (const std::string& type : settings_.content_types) types_ += (types_.empty() ? "" : ", ") + type;
  }

  std::string_view name() const override { return "validate"; }

  Decision on_request(RequestContext& context) const override {
    if (auto refusal = check_parameters(context)) return refusal;
    if (auto refusal = check_type(context)) return refusal;
    if (!settings_.schema) return std::nullopt;
    const http::RequestHead& request = context.request();
    if (!request.has_body) return refuse_body(context, {{"", "body", "the request has no body"}});
    if (!is_json(media_type(request))) {
      if (settings_.passthrough || pipeline::as_amazon(context.route)) return std::nullopt;
      return refuse_type(context, "a JSON body (application/json)");
    }
    const std::string_view coding = context.content_encoding();
    if (!coding.empty() && !iequals(coding, "identity")) return refuse_type(context, "a body without Content-Encoding");
    return Decision::wait();
  }

  net::Task<std::optional<Answer>> wait(RequestContext& context) const override {
    net::Task<pipeline::HeldBody> holding = pipeline::read_held_body(context, settings_.body_limit);
    const pipeline::HeldBody held = co_await holding;
    if (auto refusal = pipeline::answer_of_unheld(context, held, {settings_.body_limit, "that is validated", "validate.limit"}))
      co_return refusal;
    const auto violations = settings_.schema->validate(*context.held_body());
    if (violations.empty()) co_return std::nullopt;
    co_return refuse_body(context, violations);
  }

 private:
  std::optional<Answer> check_parameters(RequestContext& context) const {
    Missing missing(context.arena());
    for (const std::string& name : settings_.query) {
      const auto value = pipeline::find_parameter(context.query, name);
      if (!value || is_blank_parameter(*value)) missing.add("query parameter", name);
    }
    for (const std::string& name : settings_.headers) {
      const auto value = context.request().fields.get(name);
      if (!value || is_blank(*value)) missing.add("header", name);
    }
    if (!missing.any()) return std::nullopt;
    context.detail = context.arena().concat({"expected: ", missing.places()});
    const std::string_view names = pipeline::json_escaped(missing.names(), context.arena());
    return Answer(context.arena(), 400, "parameters_missing",
                  context.arena().concat({"Missing required request parameters: [", names, "]"}));
  }

  std::optional<Answer> check_type(RequestContext& context) const {
    const http::RequestHead& request = context.request();
    if (settings_.content_types.empty() || !request.has_body) return std::nullopt;
    const std::string_view type = media_type(request);
    const bool good = std::ranges::any_of(settings_.content_types, [type](const auto& each) { return matches(type, each); });
    if (good) return std::nullopt;
    return refuse_type(context, types_);
  }

  static Answer refuse_type(RequestContext& context, std::string_view expected) {
    context.detail = context.arena().concat({"expected ", expected});
    return Answer(context.arena(), 415, "content_type_unsupported", "Unsupported Media Type");
  }

  static Answer refuse_body(RequestContext& context, const std::vector<json::Violation>& violations) {
    Arena& arena = context.arena();
    std::string members = R"("errors":[)";
    for (const json::Violation& violation : violations) {
      members += members.ends_with('[') ? R"({"pointer":")" : R"(,{"pointer":")";
      members += pipeline::json_escaped(violation.pointer, arena);
      members += R"(","rule":")" + violation.rule + R"(","message":")";
      members += pipeline::json_escaped(violation.message, arena);
      members += R"("})";
    }
    members += ']';
    const json::Violation& first = violations.front();
    context.detail = first.pointer.empty() ? arena.copy(first.message) : arena.concat({first.pointer, ": ", first.message});
    Answer answer(arena, 400, "schema_violation", "Invalid request body");
    answer.members = arena.copy(members);
    return answer;
  }

  ValidateSettings settings_;
  std::string types_;
};

}  // namespace

Step make_validate(ValidateSettings settings) { return std::make_shared<ValidateStep>(std::move(settings)); }

}  // namespace gatehouse::middleware
