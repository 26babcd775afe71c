// Management calls of a WebSocket API, as AWS SDKs make them (ApiGatewayManagementApi), and beyond:
//   POST   …/@connections/{id}                     the body is sent to the connection
//   GET    …/@connections/{id}                     what is known of it
//   DELETE …/@connections/{id}                     it is closed
//   GET    …/@connections                          who is there, page by page: ?limit=100&next=…
//   POST   …/@connections                          to everybody
//   GET    …/@groups/{group}                       who is in it
//   POST   …/@groups/{group}                       to everybody in it
//   PUT    …/@groups/{group}/connections/{id}      joins
//   DELETE …/@groups/{group}/connections/{id}      leaves
// Ids and group names are percent-encoded or not. Behind the API's steps, one Integration for all.
#pragma once

#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/wsapi/directory.hpp"

#include <memory>
#include <string>

namespace gatehouse::wsapi {

struct ManagementSettings {
  std::string api;
  std::string base_path;  // of the API: "/ws"; what precedes @connections in the path
  std::uint64_t message = 128 * kKiB;
  bool binary = false;    // bodies of another Content-Type than text or JSON go out as binary messages
};

std::shared_ptr<const pipeline::Integration> make_management(ManagementSettings settings, std::shared_ptr<Directory> directory);

}  // namespace gatehouse::wsapi
