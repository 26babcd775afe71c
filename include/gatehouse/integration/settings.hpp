// What can be set about integrations. Plain values.
#pragma once

#include "gatehouse/dynamo/adapter/settings.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::integration {

struct ProxySettings {
  std::string backend;
  std::optional<pipeline::ValueTemplate> path;  // none: the path as it came
  bool operator==(const ProxySettings&) const = default;
};

struct MockSettings {
  int status = 200;
  std::vector<std::pair<std::string, pipeline::ValueTemplate>> headers;
  pipeline::ValueTemplate body;
  bool operator==(const MockSettings&) const = default;
};

struct StaticFilesSettings {
  std::string root;
  std::string index = "index.html";
  std::string fallback;  // file to serve where none is found, for single-page applications; empty: 404
  std::string cache_control;
  bool operator==(const StaticFilesSettings&) const = default;
};

// DynamoDB's protocol, for SDK clients.
struct DynamodbSettings {
  std::string store;
  dynamo::ProtocolSettings protocol;
  bool operator==(const DynamodbSettings&) const = default;
};

}  // namespace gatehouse::integration
