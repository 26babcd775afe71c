// Who signs requests to a remote store: keys of the configuration, of the environment, or those that the container or instance gives
// out and renews. On the engine's own worker. Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

struct Credentials {
  std::string access_key, secret_key, session_token;
  std::chrono::system_clock::time_point expires = std::chrono::system_clock::time_point::max();
};

// Reads an environment variable; nullopt: not set or empty.
using EnvironmentReader = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> read_environment(const char* name);

// {"AccessKeyId":…,"SecretAccessKey":…,"Token":…,"Expiration":"2026-11-22T10:00:00Z"}
std::optional<Credentials> parse_credentials(std::string_view json);

class CredentialsProvider {
 public:
  CredentialsProvider(const RemoteSettings& settings, const Clock& clock, EnvironmentReader environment, net::Worker& worker,
                      net::Resolver& resolver);

  // The current ones, renewed five minutes before they expire; those that have not expired yet are used on while renewing fails. Null:
  // there are none, and problem() says where was looked.
  net::Task<const Credentials*> get();
  const std::string& problem() const { return problem_; }

 private:
  net::Task<bool> fetch_from_container();
  net::Task<bool> fetch_from_instance();
  net::Task<std::optional<std::string>> fetch(std::string method, std::string url, std::string field, std::string value);
  bool adopt(const std::optional<std::string>& json);
  bool fresh() const;

  const Clock& clock_;
  EnvironmentReader environment_;
  net::Worker& worker_;
  net::Resolver& resolver_;
  std::optional<Credentials> current_;
  bool fixed_ = false;
  bool fetching_ = false;
  std::string problem_;
  TimePoint next_try_{};
};

}  // namespace gatehouse::dynamo
