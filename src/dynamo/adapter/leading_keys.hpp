// Keys that may reach some partitions only: every partition that a request means must be one of theirs, and what does not
// say which partitions it means is refused. Which attribute is the partition key is asked of the engine for each request, so
// that no memory of a table that was made anew can be wrong.
#pragma once

#include "access.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {

struct KeySchema {
  std::string partition;
  std::vector<std::pair<std::string, std::vector<std::string>>> indexes;  // name, partition key attributes
};

// Out of the answer to a DescribeTable; nullopt when it has none.
std::optional<KeySchema> read_key_schema(std::string_view description, Arena& arena);

// Whether the touch stays within partitions whose key matches one of the patterns.
bool stays_within(const Touch& touch, const KeySchema& schema, const std::vector<std::string>& patterns, Arena& arena);

// The first touch that does not, or null. `scratch` is used. REQUIRES: the key has leading keys.
net::Task<const Touch*> find_foreign_touch(const AccessKey& key, const std::vector<Touch>& touches, Engine& engine, const Call& call,
                                           std::string& scratch, Arena& arena);

}  // namespace gatehouse::dynamo
