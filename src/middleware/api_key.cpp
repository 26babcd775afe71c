// The API key authorizer. Keys are known by their SHA-256 only; what a client presents is hashed and looked up, so that neither
// memory nor timing tells a key.
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace gatehouse::middleware {
namespace {

using http::FieldId;

// Longer ones are wrong unseen: nobody makes us hash a whole head.
constexpr std::size_t kLongestKey = 1024;

crypto::Sha256 parse_digest(std::string_view hex) {
  crypto::Sha256 digest;
  if (hex.size() != 2 * digest.size()) throw std::invalid_argument("API key: sha256 needs 64 hexadecimal digits");
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) throw std::invalid_argument("API key: sha256 needs 64 hexadecimal digits");
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

std::string_view bytes_of(const crypto::Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The beginning of a digest of what the client chose says nothing about another key: it may be compared as it is.
std::uint64_t beginning(const crypto::Sha256& digest) {
  std::uint64_t word;
  std::memcpy(&word, digest.data(), sizeof(word));
  return word;
}

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

// Where a key stands, and the keys that are known.
class ApiKeyAuthorizer final : public Authorizer {
 public:
  explicit ApiKeyAuthorizer(const ApiKeySettings& settings)
      : header_(settings.header),
        header_id_(http::field_id(settings.header)),
        query_(settings.query),
        challenge_("ApiKey header=\"" + settings.header + "\"") {
    for (const auto& key : settings.keys) keys_.push_back({parse_digest(key.sha256), key.id});
    std::sort(keys_.begin(), keys_.end(),
              [](const Key& a, const Key& b) { return beginning(a.digest) < beginning(b.digest); });
  }

  Finding check(pipeline::RequestContext& context) const override {
    const auto shown = presented(context);
    if (shown) {
      if (const std::string* const id = find(*shown)) return Finding::accepted({"api_key", *id, *id, {}, {}});
    }
    Finding refusal;
    refusal.kind = shown ? Finding::Kind::kRefused : Finding::Kind::kAbsent;
    // A wrong key is 403, as at Amazon. For one that is missing RFC 9110 section 11.6.1 asks for a challenge: no scheme is
    // registered for API keys, this one says where it goes.
    refusal.status = shown ? 403 : 401;
    refusal.reason = shown ? "api_key_invalid" : "api_key_missing";
    if (!shown) refusal.challenge = challenge_;
    return refusal;
  }

  void prepare_forwarding(pipeline::RequestContext& context) const override {
    if (!query_.empty()) context.query = pipeline::without_parameter(context.query, query_, context.arena());
    if (!field(context.request().fields)) return;
    if (header_id_ != FieldId::kOther) {
      context.request_edits.remove(header_id_);
    } else {
      context.request_edits.remove(header_);
    }
  }

 private:
  struct Key {
    crypto::Sha256 digest;
    std::string id;
  };

  // The field wins over the query.
  std::optional<std::string_view> presented(pipeline::RequestContext& context) const {
    const http::RequestHead& request = context.request();
    if (const auto value = field(request.fields)) return value;
    if (query_.empty()) return std::nullopt;
    const auto value = pipeline::find_parameter(request.query, query_);
    if (!value) return std::nullopt;
    return decode(*value, context.arena());
  }

  // The id of the key, or null.
  const std::string* find(std::string_view presented_key) const {
    if (presented_key.empty() || presented_key.size() > kLongestKey) return nullptr;
    const crypto::Sha256 digest = crypto::sha256(presented_key);
    auto key = std::lower_bound(
        keys_.begin(), keys_.end(), beginning(digest),
        [](const Key& candidate, std::uint64_t wanted) { return beginning(candidate.digest) < wanted; });
    for (; key != keys_.end() && beginning(key->digest) == beginning(digest); ++key) {
      if (crypto::constant_time_equal(bytes_of(key->digest), bytes_of(digest))) return &key->id;
    }
    return nullptr;
  }

  std::optional<std::string_view> field(const http::Fields& fields) const {
    if (header_.empty()) return std::nullopt;
    return header_id_ == FieldId::kOther ? fields.get(header_) : fields.get(header_id_);
  }

  std::string header_;
  FieldId header_id_;
  std::string query_;
  std::string challenge_;
  std::vector<Key> keys_;
};

}  // namespace

AuthorizerPtr make_api_key(const ApiKeySettings& settings) { return std::make_shared<ApiKeyAuthorizer>(settings); }

}  // namespace gatehouse::middleware
