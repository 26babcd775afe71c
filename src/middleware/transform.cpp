// The transform step: a route's own changes to the fields and the query of requests, and to the fields and the status of answers.
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/protected_fields.hpp"
#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// What a variable brought in may hold anything; RFC 9110 section 5.5 lets control bytes become spaces.
std::string_view field_value(std::string_view value, Arena& arena) {
  if (std::any_of(value.begin(), value.end(), is_control)) {
    char* const clean = static_cast<char*>(arena.allocate(value.size(), 1));
    std::replace_copy_if(value.begin(), value.end(), clean, is_control, ' ');
    value = {clean, value.size()};
  }
  return trim(value);
}

struct Change {
  explicit Change(FieldChange from)
      : kind(from.kind), name(std::move(from.name)), id(http::field_id(name)), value(std::move(from.value)) {}

  FieldChange::Kind kind;
  std::string name;
  FieldId id;
  pipeline::ValueTemplate value;

  // A value that turns out empty is none: what the client sent under that name is removed all the same.
  void apply(pipeline::RequestContext& context, http::FieldEdits& edits) const {
    if (kind != FieldChange::Kind::kAppend) edits.remove(id, name);
    if (kind == FieldChange::Kind::kRemove) return;
    const std::string_view text = field_value(value.evaluate(context), context.arena());
    if (text.empty()) return;
    if (id != FieldId::kOther) {
      edits.append(id, text);
    } else {
      edits.append(name, text);
    }
  }
};

// One parameter more. The '?' before the first one lies before the text, for whoever puts path and query side by side.
std::string_view add_parameter(std::string_view query, std::string_view name, std::string_view value, Arena& arena) {
  const std::string_view whole =
      arena.concat({"?", query, query.empty() ? "" : "&", arena.copy(percent_encode(name)), "=", arena.copy(percent_encode(value))});
  return whole.substr(1);
}

// What follows reads what came before: $query.x is what the client sent until it is changed.
void change_query(pipeline::RequestContext& context, const std::vector<FieldChange>& changes) {
  for (const FieldChange& change : changes) {
    const std::string_view value = change.kind == FieldChange::Kind::kRemove ? std::string_view() : change.value.evaluate(context);
    if (change.kind != FieldChange::Kind::kAppend)
      context.query = pipeline::without_parameter(context.query, change.name, context.arena());
    if (!value.empty()) context.query = add_parameter(context.query, change.name, value, context.arena());
  }
}

void become(http::ResponseHead& head, int status) {
  head.status = status;
  head.reason = {};
}

class TransformStep final : public pipeline::Middleware {
 public:
  explicit TransformStep(TransformSettings settings) {
    for (auto& change : settings.request) request_.emplace_back(std::move(change));
    for (auto& change : settings.response) response_.emplace_back(std::move(change));
    for (auto& rule : settings.by_status) {
      ForStatus& made = by_status_.emplace_back();
      made.status = rule.status;
      made.becomes = rule.becomes;
      for (auto& change : rule.fields) made.fields.emplace_back(std::move(change));
    }
    query_ = std::move(settings.query);
  }

  std::string_view name() const override { return "transform"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    for (const Change& change : request_) change.apply(context, context.request_edits);
    if (!query_.empty()) change_query(context, query_);
    return std::nullopt;
  }

  void on_response(pipeline::RequestContext& context, http::ResponseHead& head) const override {
    for (const Change& change : response_) change.apply(context, head.edits);
    // Refusals of the gateway have error_responses.
    if (by_status_.empty() || context.reason != "ok") return;
    const int status = head.status;
    for (const ForStatus& rule : by_status_) {
      if (rule.status != status) continue;
      for (const Change& change : rule.fields) change.apply(context, head.edits);
      if (rule.becomes) become(head, *rule.becomes);
    }
  }

 private:
  std::vector<Change> request_;
  std::vector<Change> response_;
  std::vector<FieldChange> query_;
  struct ForStatus {
    int status = 0;
    std::vector<Change> fields;
    std::optional<int> becomes;
  };
  std::vector<ForStatus> by_status_;
};

}  // namespace

Step make_transform(TransformSettings settings) { return std::make_shared<TransformStep>(std::move(settings)); }

bool is_protected_field(std::string_view name) {
  constexpr std::uint64_t kProtected = http::kHopByHop | http::bit(FieldId::kHost) |
                                       http::bit(FieldId::kContentLength) | http::bit(FieldId::kExpect) |
                                       http::bit(FieldId::kVia) | http::bit(FieldId::kDate);
  constexpr std::string_view kOurPrefix = "x-gatehouse-";
  std::string plain = to_lower(name);
  std::replace(plain.begin(), plain.end(), '_', '-');
  const FieldId id = http::field_id(plain);
  if (id != FieldId::kOther) return (kProtected & http::bit(id)) != 0;
  return plain == "http2-settings" || plain.starts_with(kOurPrefix);
}

}  // namespace gatehouse::middleware
