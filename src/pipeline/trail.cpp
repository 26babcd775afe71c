#include "gatehouse/pipeline/trail.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/route.hpp"

namespace gatehouse::pipeline {
namespace {

// The inside of a JSON string that a header can carry: visible ASCII, everything else escaped byte by byte.
void append_text(std::string& to, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : text.substr(0, Trail::kMostText)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      to += c;
    } else {
      to += "\\u00";
      to += kDigits[byte >> 4];
      to += kDigits[byte & 15];
    }
  }
}

void append_member(std::string& to, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  to += ",\"";
  to += name;
  to += "\":\"";
  append_text(to, value);
  to += '"';
}

}  // namespace

void Trail::note(std::string_view step, std::string_view outcome) {
  if (cut_ || steps_.size() + step.size() + outcome.size() > kMostSteps) {
    cut_ = true;
    return;
  }
  steps_ += steps_.empty() ? "[\"" : ",[\"";
  append_text(steps_, step);
  steps_ += "\",\"";
  append_text(steps_, outcome);
  steps_ += "\"]";
}

void Trail::tell(RequestContext& context, http::ResponseHead& head) const {
  std::string text = "{\"config\":" + std::to_string(config_version_);
  append_member(text, "api", context.route.api);
  append_member(text, "stage", context.route.stage);
  append_member(text, "route", context.route.label);
  text += ",\"steps\":[" + steps_ + (cut_ ? ",[\"...\",\"\"]]" : "]");
  append_member(text, "decided_by", context.decided_by);
  append_member(text, "reason", context.reason);
  append_member(text, "auth", context.identity.method);
  append_member(text, "key", context.identity.subject);
  append_member(text, "plan", context.identity.plan);
  if (context.decided_by.empty() && context.route.integration) append_member(text, "integration", context.route.integration->kind());
  append_member(text, "cache", context.cache.status);
  append_member(text, "backend", context.upstream.backend);
  append_member(text, "target", context.upstream.target);
  if (context.upstream.tries > 0) text += ",\"tries\":" + std::to_string(context.upstream.tries);
  text += ",\"status\":" + std::to_string(head.status) + '}';
  head.edits.set(kField, context.arena().copy(text));
  log::info("decision trail", {{"request_id", context.request_id}, {"trail", text}, {"detail", context.detail}});
}

}  // namespace gatehouse::pipeline
