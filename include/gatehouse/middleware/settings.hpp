// What can be set about the steps. Plain values.
#pragma once

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {

struct CorsSettings {
  std::vector<std::string> origins;  // "https://shop.example.com", "https://*.example.com", "https://*", "*"
  std::vector<std::string> methods;  // or "*"
  std::vector<std::string> headers;  // or "*"
  std::vector<std::string> expose;
  bool credentials = false;
  Duration max_age{};
  bool private_network = false;  // pages of the public internet may reach in
  bool operator==(const CorsSettings&) const = default;
};

enum class ThrottleKey : std::uint8_t { kRoute, kApi, kClientIp, kApiKey, kHeader, kClaim, kConnection, kStage };

struct ThrottleSettings {
  ThrottleKey per = ThrottleKey::kRoute;
  std::string header;  // with kHeader
  Rate rate;
  std::uint64_t burst = 0;  // 0: as many as one second of the rate, at least 1
  std::string claim = {};   // with kClaim: a crypto::ClaimPath
  std::string plan = {};    // with kApiKey, in place of a rate: the usage plan of keys that have none of their own
  bool operator==(const ThrottleSettings&) const = default;
};

struct ApiKey {
  std::string id;
  std::string sha256;  // 64 lower-case hexadecimal digits; the configuration may hold the key itself by ${ENV} or file:
  std::string plan = {};  // the usage plan that it is bound to; empty: none
  bool operator==(const ApiKey&) const = default;
};

struct ApiKeySettings {
  std::string header = "x-api-key";
  std::string query;              // a query parameter, when allowed; empty: none
  std::vector<ApiKey> keys;
  std::string store = {};         // where there are more of them, in the table gatehouse.keys; empty: nowhere
  Duration refresh = std::chrono::seconds(30);
  bool operator==(const ApiKeySettings&) const = default;
};

struct FieldChange {
  enum class Kind : std::uint8_t { kSet, kAppend, kRemove };
  Kind kind;
  std::string name;
  pipeline::ValueTemplate value;
  bool operator==(const FieldChange&) const = default;
};

// request: and response: of a route.
struct TransformSettings {
  std::vector<FieldChange> request;
  std::vector<FieldChange> response;
  std::vector<FieldChange> query = {};  // of parameters of the request
  // To what an integration answers with this status.
  struct ForStatus {
    int status = 0;
    std::vector<FieldChange> fields;
    std::optional<int> becomes;
    bool operator==(const ForStatus&) const = default;
  };
  std::vector<ForStatus> by_status = {};
  std::uint64_t body_limit = 1024 * 1024;  // of bodies that values are taken from
  bool empty() const { return request.empty() && query.empty() && response.empty() && by_status.empty(); }
  bool operator==(const TransformSettings&) const = default;
};

}  // namespace gatehouse::middleware
