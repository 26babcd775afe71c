#include "cache_key.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <cstring>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using pipeline::RequestContext;

// No value holds one.
constexpr std::string_view kEnd("\0", 1);

std::string_view lower_case(std::string_view text, Arena& arena) {
  auto* const to = static_cast<char*>(arena.allocate(text.size(), 1));
  for (std::size_t i = 0; i < text.size(); ++i) to[i] = gatehouse::to_lower(text[i]);
  return {to, text.size()};
}

std::string_view bytes_of(const std::uint64_t& number, Arena& arena) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  return arena.copy({bytes, sizeof bytes});
}

// The chosen parameters in the order of the settings, each with all its values.
std::string_view chosen_query(std::string_view query, const std::vector<std::string>& names, Arena& arena) {
  std::string_view chosen;
  for (const std::string& name : names) {
    std::string_view rest = query;
    while (const auto parameter = pipeline::take_parameter(rest)) {
      if (!pipeline::equals_decoded(parameter->name, name)) continue;
      chosen = arena.concat({chosen, "&", name, "=", parameter->value});
    }
  }
  return chosen;
}

// A digest: the cache holds no secrets.
std::optional<std::string_view> credentials_text(RequestContext& context) {
  const pipeline::Identity& identity = context.identity;
  const auto authorization = forwarded_field(context, "authorization");
  const auto cookie = forwarded_field(context, "cookie");
  const bool nothing = identity.subject.empty() && identity.api_key.empty() && !authorization && !cookie;
  if (nothing) return identity.method.empty() ? std::optional(std::string_view()) : std::nullopt;
  const std::string_view all = context.arena().concat({identity.method, kEnd, identity.subject, kEnd, identity.api_key, kEnd,
                                                       authorization.value_or(""), kEnd, cookie.value_or("")});
  return context.arena().copy(crypto::sha256_hex(all));
}

}  // namespace

std::optional<std::string_view> forwarded_field(RequestContext& context, std::string_view name) {
  const http::Fields& fields = context.request().fields;
  const http::FieldEdits& edits = context.request_edits;
  const FieldId id = http::field_id(name);
  std::optional<std::string_view> joined;
  const auto add = [&](std::string_view value) { joined = joined ? context.arena().concat({*joined, ", ", value}) : value; };
  const bool removed = id == FieldId::kOther ? edits.removes_other(name) : (edits.removed_known() & http::bit(id)) != 0;
  if (!removed && fields.has(id)) {
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      const http::Field field = fields[i];
      if (field.id == id && (id != FieldId::kOther || iequals(field.name, name))) add(field.value);
    }
  }
  for (const auto* added = edits.added(); added != nullptr; added = added->next) {
    if (added->id == id && (id != FieldId::kOther || iequals(added->written, name))) add(added->value);
  }
  return joined;
}

VaryPrint print_of(RequestContext& context, const std::vector<std::string>& names) {
  VaryPrint print{1, 2};
  for (const std::string& name : names) {
    const auto value = forwarded_field(context, name);
    const std::uint64_t salt = value ? 3 : 5;
    print.first = hash64(value.value_or(""), hash64(name, print.first + salt));
    print.second = hash64(value.value_or(""), hash64(name, ~print.second + salt));
  }
  return print;
}

bool has_credentials(RequestContext& context) {
  return !context.identity.method.empty() || forwarded_field(context, "authorization") || forwarded_field(context, "cookie");
}

std::optional<CacheKey> cache_key(RequestContext& context, const CacheSettings& settings, const CacheParts& parts) {
  Arena& arena = context.arena();
  const std::string_view host = lower_case(context.host, arena);
  std::string_view query = settings.all_query ? context.query : chosen_query(context.query, settings.query, arena);
  const std::string_view mark = settings.all_query && context.query.data() != nullptr ? "?" : "";
  const std::string_view target = parts.path && !parts.path->is_literal() ? parts.path->evaluate(context) : std::string_view();
  std::string_view text = arena.concat({bytes_of(parts.scope->id, arena), context.scheme, kEnd, host, kEnd, context.path, kEnd, mark,
                                        query, kEnd, target, kEnd});
  for (const std::string& name : settings.headers) {
    const auto value = forwarded_field(context, name);
    text = arena.concat({text, value ? "+" : "-", value.value_or(""), kEnd});
  }
  if (settings.credentials == CacheCredentials::kPerIdentity) {
    const auto who = credentials_text(context);
    if (!who) return std::nullopt;
    text = arena.concat({text, *who});
  }
  return CacheKey{text, hash64(text), ResponseCache::uri_of(host, context.path)};
}

}  // namespace gatehouse::middleware
