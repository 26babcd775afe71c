#include "admin/socket_pages.hpp"

#include "gatehouse/base/percent.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::admin {
namespace {

constexpr std::string_view kApis = "/apis/";

Page not_found(std::string_view message) { return {404, "application/json", "{\"message\":\"" + std::string(message) + "\"}\n"}; }

}  // namespace

bool is_socket_page(std::string_view target) { return target.starts_with(kApis); }

void socket_page(gateway::Gateway& gateway, std::string_view method, std::string_view target, std::string_view body, bool from_browser,
                 std::function<void(Page)> done) {
  if (from_browser) return done({403, "application/json", "{\"message\":\"Forbidden: not from a web page\"}\n"});
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(path.size() + 1, target.size()));
  const std::string_view behind = path.substr(kApis.size());
  const std::size_t slash = std::min(behind.find("/@"), behind.size());
  const std::string_view below = behind.substr(slash);
  if (!wsapi::is_management_path(below)) return done(not_found("Not Found"));
  const std::string api = percent_decode(behind.substr(0, slash)).value_or(std::string());
  const bool known = gateway.manage_sockets(api, {method, below, query, body}, [done](wsapi::ManagementReply reply) {
    Page page{reply.status, "application/json", std::move(reply.body)};
    page.allow = reply.allow;
    page.error = reply.error;
    done(std::move(page));
  });
  if (!known) done(not_found("no API of that name has connections"));
}

}  // namespace gatehouse::admin
