#include "presented_token.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/query.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using Kind = PresentedToken::Kind;

constexpr std::string_view kScheme = "bearer ";

std::optional<std::string_view> token_of(std::string_view credentials) {
  if (credentials.size() > kScheme.size() && iequals(credentials.substr(0, kScheme.size()), kScheme))
    return trim(credentials.substr(kScheme.size()));
  const bool bare = credentials.find(' ') == std::string_view::npos && std::ranges::count(credentials, '.') == 2;
  return bare ? std::optional(credentials) : std::nullopt;
}

// The next `name=value` of a Cookie field (RFC 6265 section 4.2), which is cut off its front.
std::string_view take_cookie(std::string_view& cookies) {
  const std::size_t end = std::min(cookies.find(';'), cookies.size());
  const std::string_view cookie = trim(cookies.substr(0, end));
  cookies.remove_prefix(std::min(end + 1, cookies.size()));
  return cookie;
}

bool is_named(std::string_view cookie, std::string_view name) {
  return cookie.size() > name.size() && cookie.starts_with(name) && cookie[name.size()] == '=';
}

template <class Visit>
void each_field(const http::Fields& fields, FieldId id, std::string_view name, Visit visit) {
  if (!fields.has(id)) return;
  for (const http::FieldRef& ref : fields.refs()) {
    if (ref.id == id && (id != FieldId::kOther || iequals(fields.name(ref), name))) visit(fields.value(ref));
  }
}

// Every Cookie field as the backend would see it, in the order of the message.
template <class Visit>
void each_forwarded_cookie(const pipeline::RequestContext& context, Visit visit) {
  bool edited = false;
  for (const auto* added = context.request_edits.added(); added != nullptr; added = added->next) {
    if (added->id != FieldId::kCookie) continue;
    edited = true;
    visit(added->value);
  }
  if (!edited) each_field(context.request().fields, FieldId::kCookie, {}, visit);
}

// All cookies but that one, as one field.
std::string_view without_cookie(pipeline::RequestContext& context, std::string_view name) {
  std::size_t most = 0;
  each_forwarded_cookie(context, [&most](std::string_view cookies) { most += 2 * cookies.size() + 2; });
  char* const text = static_cast<char*>(context.arena().allocate(most, 1));
  char* to = text;
  each_forwarded_cookie(context, [&](std::string_view cookies) {
    while (!cookies.empty()) {
      const std::string_view cookie = take_cookie(cookies);
      if (cookie.empty() || is_named(cookie, name)) continue;
      if (to != text) to += std::string_view("; ").copy(to, 2);
      to += cookie.copy(to, cookie.size());
    }
  });
  return {text, static_cast<std::size_t>(to - text)};
}

}  // namespace

TokenPlaces::TokenPlaces(const JwtSettings& settings)
    : header_(settings.header), header_id_(http::field_id(settings.header)), cookie_(settings.cookie), query_(settings.query) {}

PresentedToken TokenPlaces::find(pipeline::RequestContext& context) const {
  const http::RequestHead& request = context.request();
  PresentedToken token;
  const auto take = [&token](std::string_view text) {
    token.kind = token.kind == Kind::kNone ? Kind::kOne : Kind::kSeveral;
    token.text = text;
  };
  if (!header_.empty()) {
    each_field(request.fields, header_id_, header_, [&](std::string_view value) {
      if (const auto text = token_of(value)) take(*text);
    });
  }
  if (token.kind == Kind::kNone && !cookie_.empty()) {
    each_field(request.fields, FieldId::kCookie, {}, [&](std::string_view cookies) {
      while (!cookies.empty()) {
        const std::string_view cookie = take_cookie(cookies);
        if (is_named(cookie, cookie_)) take(cookie.substr(cookie_.size() + 1));
      }
    });
  }
  if (token.kind == Kind::kNone && !query_.empty()) {
    std::string_view rest = request.query;
    while (const auto parameter = pipeline::take_parameter(rest))
      if (pipeline::equals_decoded(parameter->name, query_)) take(parameter->value);
  }
  return token;
}

void TokenPlaces::remove(pipeline::RequestContext& context) const {
  const http::Fields& fields = context.request().fields;
  if (!header_.empty()) context.request_edits.remove(header_id_, header_);
  if (!cookie_.empty() && fields.has(FieldId::kCookie)) {
    const std::string_view left = without_cookie(context, cookie_);
    context.request_edits.remove(FieldId::kCookie);
    if (!left.empty()) context.request_edits.append(FieldId::kCookie, left);
  }
  if (!query_.empty()) context.query = pipeline::without_parameter(context.query, query_, context.arena());
}

}  // namespace gatehouse::middleware
