// The API key authorizer: where a request shows its key. KnownKeys tells whose it is.
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

// Undoes form encoding into the arena. An invalid escape stays as it stands, as in form_decode().
std::string_view decode(std::string_view text, Arena& arena) {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  char* const decoded = static_cast<char*>(arena.allocate(text.size(), 1));
  char* to = decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      *to++ = static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      *to++ = text[i] == '+' ? ' ' : text[i];
    }
  }
  return {decoded, static_cast<std::size_t>(to - decoded)};
}

// Where a key stands.
class ApiKeyAuthorizer final : public Authorizer {
 public:
  ApiKeyAuthorizer(const ApiKeySettings& settings, std::shared_ptr<const KnownKeys> keys)
      : header_(settings.header),
        header_id_(http::field_id(settings.header)),
        query_(settings.query),
        challenge_("ApiKey header=\"" + settings.header + "\""),
        keys_(std::move(keys)) {}

  Finding check(pipeline::RequestContext& context) const override {
    const auto shown = presented(context);
    const auto key = shown ? keys_->find(*shown, context) : std::nullopt;
    if (key && !key->expired) return Finding::accepted({"api_key", key->id, key->id, key->plan, {}});
    Finding refusal;
    refusal.kind = shown ? Finding::Kind::kRefused : Finding::Kind::kAbsent;
    // A wrong key is 403, as at Amazon. For one that is missing RFC 9110 section 11.6.1 asks for a challenge: no scheme is
    // registered for API keys, this one says where it goes.
    refusal.status = shown ? 403 : 401;
    refusal.reason = key ? "api_key_expired" : shown ? "api_key_invalid" : "api_key_missing";
    if (!shown) refusal.challenge = challenge_;
    return refusal;
  }

  void prepare_forwarding(pipeline::RequestContext& context) const override {
    if (!query_.empty()) context.query = pipeline::without_parameter(context.query, query_, context.arena());
    if (field(context.request().fields)) context.request_edits.remove(header_id_, header_);
  }

 private:
  // The field wins over the query.
  std::optional<std::string_view> presented(pipeline::RequestContext& context) const {
    const http::RequestHead& request = context.request();
    if (const auto value = field(request.fields)) return value;
    if (query_.empty()) return std::nullopt;
    const auto value = pipeline::find_parameter(request.query, query_);
    if (!value) return std::nullopt;
    return decode(*value, context.arena());
  }

  std::optional<std::string_view> field(const http::Fields& fields) const {
    if (header_.empty()) return std::nullopt;
    return header_id_ == FieldId::kOther ? fields.get(header_) : fields.get(header_id_);
  }

  std::string header_;
  FieldId header_id_;
  std::string query_;
  std::string challenge_;
  std::shared_ptr<const KnownKeys> keys_;
};

}  // namespace

AuthorizerPtr make_api_key(const ApiKeySettings& settings, std::shared_ptr<const KnownKeys> keys) {
  return std::make_shared<ApiKeyAuthorizer>(settings, std::move(keys));
}

}  // namespace gatehouse::middleware
