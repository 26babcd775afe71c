// What the admin listener answers, without the HTTP around it.
#pragma once

#include "gatehouse/admin/admin_server.hpp"
#include "gatehouse/admin/plan_pages.hpp"

#include <string>
#include <string_view>

namespace gatehouse::admin {

class Pages {
 public:
  Pages(gateway::Gateway& gateway, AdminServer::Reload reload) : gateway_(gateway), reload_(std::move(reload)) {}

  // `from_browser`: the request has an Origin. Web pages may not change anything here. `accept` as the client sent it.
  Page answer(std::string_view method, std::string_view target, bool from_browser, std::string_view accept = {}) const;

 private:
  Page readiness() const;
  Page status() const;
  Page reload() const;
  Page metrics(std::string_view accept) const;
  Page issue_trail_token(std::string_view query) const;
  Page flush_cache(std::string_view query) const;

  gateway::Gateway& gateway_;
  AdminServer::Reload reload_;
};

}  // namespace gatehouse::admin
