// The whole body of a request, for integrations that cannot begin before they have it. The body limit of the route holds.
#pragma once

#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <string>

namespace gatehouse::integration {

// Appends the body to `to`, which outlives the task. False when it did not arrive: the client was answered (400, 408, 413), where it
// still could be, and the request is over.
net::Task<bool> read_whole_body(pipeline::RequestContext& context, std::string& to);

// The client is gone, or its body failed: answers where that is possible, else says so in the context.
void end_by_client(pipeline::RequestContext& context);

}  // namespace gatehouse::integration
