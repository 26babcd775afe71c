// Asking a store from a background thread: one request, its answer read, what went wrong as an Error.
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/json_tree.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::plans {

// On `worker`'s thread. The reason of the error is "condition_failed", "store_throttled" or "store_failed"; its message is the store's.
net::Task<Result<JsonTree>> ask_store(std::shared_ptr<dynamo::Engine> engine, net::Worker* worker, dynamo::Operation operation,
                                      std::string body);
Result<JsonTree> read_answer(int status, std::string_view answer);

// The text of an item's attribute, {"S": "…"} or {"N": "…"}; empty when it has none.
std::string_view attribute(JsonValue item, std::string_view name);
std::int64_t number_attribute(JsonValue item, std::string_view name);
void append_string(std::string& body, std::string_view text);  // as JSON, with quotes

}  // namespace gatehouse::plans
