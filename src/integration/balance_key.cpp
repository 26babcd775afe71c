#include "balance_key.hpp"

#include "gatehouse/base/strings.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::integration {
namespace {

// RFC 6265 section 4.2: pairs behind semicolons; of several with a name the first.
std::optional<std::string_view> find_cookie(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    const std::string_view pair = trim(cookies.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    cookies.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> key_text(const http::Fields& fields, const upstream::BalanceSettings& balance) {
  switch (balance.source) {
    case upstream::HashSource::kHeader: return fields.get(balance.name);
    case upstream::HashSource::kCookie:
      for (std::uint32_t i = 0; i < fields.size(); ++i) {
        const http::Field field = fields[i];
        if (field.id != http::FieldId::kCookie) continue;
        if (const auto value = find_cookie(field.value, balance.name)) return value;
      }
      return std::nullopt;
    case upstream::HashSource::kClientIp: break;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t balance_key(const pipeline::RequestContext& context, const upstream::BalanceSettings& balance) {
  if (balance.kind != upstream::Balance::kHash) return 0;
  if (const auto text = key_text(context.request().fields, balance)) return stable_hash64(*text);
  const auto& address = context.client.bytes();
  return stable_hash64({reinterpret_cast<const char*>(address.data()), address.size()});
}

}  // namespace gatehouse::integration
