// What the command line offers. Each returns the process's exit code: 0 fine, 1 the input is wrong or the run failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::app {

enum class Output : unsigned char { kText, kJson };

struct RunOptions {
  std::string file;
  std::string log_level = "info";
  bool demo_backend = false;  // also serve 127.0.0.1:8081, which the default configuration proxies to
};
int run(const RunOptions& options);

// kCompared: also whether the tables in the stores are as the file says.
enum class StoreCheck : unsigned char { kNone, kCompared };
int check(const std::string& file, Output output, StoreCheck stores);
int routes(const std::string& file, Output output);
// `message`: of a client of a WebSocket API; none: a request.
int explain(const std::string& file, const std::string& method, const std::string& url, const std::vector<std::string>& headers,
            const std::optional<std::string>& message, Output output);
int schema();
int version();

struct DemoOptions {
  std::string address = "127.0.0.1:8081";
  std::string name = "demo";
};
int demo_backend(const DemoOptions& options);

struct StoreCopyOptions {
  std::string from, to;  // names of the configuration, or URLs
  std::string file;      // the configuration
  std::vector<std::string> tables;
  unsigned workers = 4;
  std::string state_file;
  bool overwrite = false;
};
int store_copy(const StoreCopyOptions& options);

// Of `gatehouse keys` and `gatehouse usage`.
struct PlanOptions {
  std::string file;
  std::string admin;  // empty: that of the configuration
  std::string store, id, plan, name, expires, from, to;
  std::string format = "table";
};
int keys_create(const PlanOptions& options);
int keys_list(const PlanOptions& options);
int keys_revoke(const PlanOptions& options);
int usage(const PlanOptions& options);

// Asks a running gateway's admin listener; for container health checks.
int health(const std::string& address);

}  // namespace gatehouse::app
