// The CORS step (https://fetch.spec.whatwg.org/#http-cors-protocol). What browsers make of our answers decides:
// - A preflight from an unknown origin is 403: without Access-Control-Allow-Origin the browser names the origin as the
//   cause whatever the status, and log and metrics see the refusal.
// - A preflight for a method or field that is not allowed is 204 with the lists: the browser then says which is missing. A
//   403 would only make it say "no ok status".
// - A request from an unknown origin goes on without CORS fields, as with Amazon: this is no access control, the browser
//   keeps the answer from the page.
// - Not so a WebSocket handshake (RFC 6455 section 10.2): browsers let every page open one and read what comes, with the user's
//   cookies. From an unknown origin it is 403; without an origin it comes from no browser.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/steps.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

constexpr std::string_view kAnything = "*";
constexpr std::string_view kOurPrefix = "Access-Control-";

bool may_stand_for_star(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':' || c == '[' ||
         c == ']';
}

// "https://shop.example.com", "https://*.example.com", "https://*", "http://localhost:*"; lower case, as browsers send it.
class OriginPattern {
 public:
  explicit OriginPattern(std::string_view text) : text_(to_lower(text)), star_(text_.find('*')) {}

  // True when it names one host or the hosts below one.
  bool names_host() const { return !text_.ends_with("//*"); }

  bool matches(std::string_view origin) const {
    if (star_ == std::string::npos) return origin == text_;
    const std::string_view before = std::string_view(text_).substr(0, star_);
    const std::string_view after = std::string_view(text_).substr(star_ + 1);
    if (origin.size() <= before.size() + after.size()) return false;
    if (!origin.starts_with(before) || !origin.ends_with(after)) return false;
    const auto middle = origin.substr(before.size(), origin.size() - before.size() - after.size());
    return std::all_of(middle.begin(), middle.end(), may_stand_for_star);
  }

 private:
  std::string text_;
  std::size_t star_;
};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

bool has_star(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), kAnything) != words.end();
}

bool is_preflight(const http::RequestHead& request) {
  return request.method == http::Method::kOptions && request.fields.has(FieldId::kOrigin) &&
         request.fields.has(FieldId::kAccessControlRequestMethod);
}

// REQUIRES: the name of a field without an id.
bool is_ours(std::string_view name) {
  return name.size() > kOurPrefix.size() && name[kOurPrefix.size() - 1] == '-' &&
         iequals(name.substr(0, kOurPrefix.size()), kOurPrefix);
}

// What the backend or a step within says about CORS: two answers to one question make browsers refuse both.
void remove_theirs(http::ResponseHead& head) {
  if (head.base != nullptr && head.base->has(FieldId::kOther)) {
    for (const http::FieldRef& ref : head.base->refs()) {
      if (ref.id == FieldId::kOther && is_ours(head.base->name(ref))) head.edits.remove(ref.id, head.base->name(ref));
    }
  }
  const auto* added = head.edits.added();
  while (added != nullptr) {
    if (added->id == FieldId::kOther && is_ours(added->written)) {
      head.edits.remove(added->id, added->written);
      added = head.edits.added();
    } else {
      added = added->next;
    }
  }
}

class CorsStep final : public pipeline::Middleware {
 public:
  explicit CorsStep(const CorsSettings& settings)
      : any_origin_(has_star(settings.origins)),
        any_method_(has_star(settings.methods)),
        any_header_(has_star(settings.headers)),
        credentials_(settings.credentials),
        private_network_(settings.private_network),
        methods_(join(settings.methods)),
        headers_(join(settings.headers)),
        expose_(join(settings.expose)) {
    for (const auto& origin : settings.origins) {
      if (origin != kAnything) origins_.emplace_back(origin);
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.max_age).count();
    if (seconds > 0) max_age_ = std::to_string(seconds);
  }

  std::string_view name() const override { return "cors"; }

  pipeline::Decision on_request(pipeline::RequestContext& context) const override {
    const http::RequestHead& request = context.request();
    if (!request.protocol.empty() && iequals(request.protocol, "websocket")) [[unlikely]] {
      const auto origin = request.fields.get(FieldId::kOrigin);
      if (origin && allows(*origin) == Origin::kRefused) return pipeline::Answer(context.arena(), 403, "cors_origin_refused", "Forbidden");
    }
    if (!is_preflight(request)) return std::nullopt;
    if (allows(*request.fields.get(FieldId::kOrigin)) == Origin::kRefused) {
      return pipeline::Answer(context.arena(), 403, "cors_origin_refused", "Forbidden");
    }
    return pipeline::Answer(context.arena(), 204, "cors_preflight", "", "");
  }

  void on_response(pipeline::RequestContext& context, http::ResponseHead& head) const override {
    const http::RequestHead& request = context.request();
    const auto origin = request.fields.get(FieldId::kOrigin);
    remove_theirs(head);
    if (any_origin_ && !credentials_) {
      // Also without an origin: a cache may give this answer to a browser that has one.
      head.edits.append_valid("Access-Control-Allow-Origin", kAnything);
    } else {
      head.edits.append_valid(FieldId::kVary, "Origin");
      if (!origin || allows(*origin) == Origin::kRefused) return;
      head.edits.append_valid("Access-Control-Allow-Origin", *origin);
      if (credentials_) head.edits.append_valid("Access-Control-Allow-Credentials", "true");
    }
    if (is_preflight(request)) {
      answer_preflight(request.fields, head.edits);
    } else if (!expose_.empty() && origin) {
      head.edits.append("Access-Control-Expose-Headers", expose_);
    }
  }

 private:
  enum class Origin : std::uint8_t { kRefused, kAnyone, kNamed };

  Origin allows(std::string_view origin) const {
    for (const OriginPattern& pattern : origins_) {
      if (pattern.matches(origin)) return pattern.names_host() ? Origin::kNamed : Origin::kAnyone;
    }
    // "null" is every sandboxed frame and local file: never with credentials unless it is named.
    if (any_origin_ && !(credentials_ && origin == "null")) return Origin::kAnyone;
    return Origin::kRefused;
  }

  // A "*" is answered with what was asked for: with credentials browsers take "*" literally, and it never covers
  // Authorization.
  void answer_preflight(const http::Fields& asked, http::FieldEdits& edits) const {
    const auto method = asked.get(FieldId::kAccessControlRequestMethod);
    if (any_method_ || !methods_.empty()) {
      edits.append("Access-Control-Allow-Methods", any_method_ ? *method : std::string_view(methods_));
    }
    const auto headers = asked.get(FieldId::kAccessControlRequestHeaders);
    if (headers && (any_header_ || !headers_.empty())) {
      edits.append("Access-Control-Allow-Headers", any_header_ ? *headers : std::string_view(headers_));
    }
    if (!max_age_.empty()) edits.append("Access-Control-Max-Age", max_age_);
    if (private_network_ && allows(*asked.get(FieldId::kOrigin)) == Origin::kNamed) answer_private_network(asked, edits);
  }

  // Under the name that the browser knows: some versions had another (https://wicg.github.io/private-network-access/).
  static void answer_private_network(const http::Fields& asked, http::FieldEdits& edits) {
    if (asked.get("Access-Control-Request-Private-Network") == "true") edits.append_valid("Access-Control-Allow-Private-Network", "true");
    if (asked.get("Access-Control-Request-Local-Network") == "true") edits.append_valid("Access-Control-Allow-Local-Network", "true");
  }

  std::vector<OriginPattern> origins_;
  const bool any_origin_, any_method_, any_header_, credentials_, private_network_;
  const std::string methods_, headers_, expose_;
  std::string max_age_;
};

}  // namespace

Step make_cors(CorsSettings settings) { return std::make_shared<CorsStep>(settings); }

}  // namespace gatehouse::middleware
