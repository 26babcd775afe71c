#pragma once

#include "gatehouse/base/ip.hpp"

#include <chrono>
#include <string>

namespace gatehouse::app {

struct AdminRequest {
  std::string method = "GET";
  std::string target;
  std::string body;  // JSON
  std::chrono::seconds patience{60};
};

struct AdminAnswer {
  bool connected = false;  // somebody listens there
  std::string problem;     // empty when an answer came
  int status = 0;
  std::string content_type;
  std::string body;
};

// Asks the admin listener of a running gateway and waits for the answer, at most as long as the request says.
AdminAnswer ask_admin(const Endpoint& listener, const AdminRequest& request);

}  // namespace gatehouse::app
