// One request's way to the store: DynamoDB requests as text, answers read back into stored form. Lives in the request's coroutine.
#pragma once

#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/value.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::integration {

// What came back. Views are valid until the next call().
struct StoreReply {
  bool ok = false;
  dynamo::FaultType fault = dynamo::FaultType::kInternalServerError;
  std::string_view message;                  // of the fault
  std::optional<dynamo::Map> item;           // Item, or Attributes
  std::vector<dynamo::Map> items;            // Items, or the table's Responses of a batch
  std::string_view last_key;                 // LastEvaluatedKey as JSON; empty: the last page
  std::string_view unprocessed;              // UnprocessedKeys or UnprocessedItems as JSON, when there are any
  std::vector<std::string_view> reasons;     // codes of CancellationReasons
};

class StoreAccess {
 public:
  StoreAccess(pipeline::RequestContext& context, dynamo::Engine& engine) : context_(context), engine_(engine) {}

  // The body of the next call: whoever makes it appends JSON.
  std::string& request() { return request_; }
  net::Task<StoreReply> call(dynamo::Operation operation);
  // The last answer as it came.
  std::string_view answer() const { return answer_; }

 private:
  StoreReply read_answer(int status);

  pipeline::RequestContext& context_;
  dynamo::Engine& engine_;
  std::string request_, answer_, items_;
};

// The client's answer to a fault of the store: 400, 404, 409, 413, 429, 503, 500, with a reason code for log and metrics.
pipeline::Answer answer_of_fault(Arena& arena, const StoreReply& reply);

}  // namespace gatehouse::integration
