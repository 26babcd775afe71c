// Management calls of a WebSocket API, as AWS SDKs make them (ApiGatewayManagementApi), and beyond:
//   POST   /@connections/{id}                     the body is sent to the connection
//   GET    /@connections/{id}                     what is known of it
//   DELETE /@connections/{id}                     it is closed
//   GET    /@connections                          who is there, page by page: ?limit=100&next=…
//   POST   /@connections                          to everybody
//   GET    /@groups/{group}                       who is in it, as above
//   POST   /@groups/{group}                       to everybody in it
//   PUT    /@groups/{group}/connections/{id}      joins
//   DELETE /@groups/{group}/connections/{id}      leaves
// below the API's base path. Ids and names may be percent-encoded. Bodies that are UTF-8 go out as text, others as binary where
// the API allows that; ?as=binary makes every one binary. Who may call is decided before.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
#pragma once

#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/integration.hpp"
#include "gatehouse/pipeline/middleware.hpp"
#include "gatehouse/wsapi/directory.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::wsapi {

// What policies call such a call.
inline constexpr std::string_view kManageConnections = "execute-api:ManageConnections";

struct ManagementSettings {
  std::string api;
  std::string base_path;               // of the API: "/ws", or empty
  std::uint64_t message = 128 * kKiB;  // the largest body
  bool binary = false;                 // binary messages may be sent
};

struct ManagementRequest {
  std::string_view method;
  std::string_view path;   // below the base path, escapes and all
  std::string_view query;  // raw
  std::string_view body;
  // What never was an id of ours is gone, or, as Amazon has it, a bad request where it is no Base64.
  pipeline::ErrorStyle errors = pipeline::ErrorStyle::kHelpful;
};

struct ManagementReply {
  int status = 200;
  std::string_view reason = "ok";  // stable code for log and metrics
  std::string_view error;          // Amazon's name of it: "GoneException"; empty: none
  std::string_view allow;          // of a 405
  std::string body;                // JSON, or nothing
  int retry_after = 0;             // seconds; 0: not said
};

// `path` is below the base path.
bool is_management_path(std::string_view path);

// Borrows the request for the call. `done` is called once, on any thread, perhaps before this returns.
void manage(Directory& directory, const ManagementSettings& settings, const ManagementRequest& request, Done<ManagementReply> done);

// Behind an API's steps. What it answers has Amazon's form whatever `errors` says.
std::shared_ptr<const pipeline::Integration> make_management(ManagementSettings settings, std::shared_ptr<Directory> directory);

// Outermost of those steps: refusals that say no exception of Amazon's are given the one that SDKs know for these calls, such as
// ForbiddenException for 403.
std::shared_ptr<const pipeline::Middleware> make_management_errors();

}  // namespace gatehouse::wsapi
