// The nodes of a store: those that the configuration names, and those that a ScyllaDB Alternator cluster says it has. On the engine's
// thread, but for prepare().
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/dynamo/engine/settings.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/upstream/pool.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::dynamo {

// ["10.0.0.1","10.0.0.2"]; nullopt when it is no such list, or empty. Source: ScyllaDB, docs/alternator/new-apis.md, "/localnodes".
std::optional<std::vector<std::string>> parse_nodes(std::string_view json);

// The URL of Amazon's own endpoint.
std::string amazon_url(std::string_view region);
// Amazon serves streams from a host of their own; nullopt for every other URL: whoever has the tables has their streams.
std::optional<std::string> streams_url(std::string_view tables_url);

class Nodes {
 public:
  // Any thread. The error names what is no URL, or the TLS file.
  static Result<std::shared_ptr<upstream::Backend>> prepare(const RemoteSettings& settings, const std::vector<std::string>& urls,
                                                            const Clock& clock);

  Nodes(const RemoteSettings& settings, std::shared_ptr<upstream::Backend> configured, const Clock& clock, net::Worker& worker,
        net::Resolver& resolver);

  // Those to use; another one once the cluster has changed. A share outlives the change.
  const std::shared_ptr<upstream::Pool>& pool() const { return current_; }
  // Those of the configuration: for when the others cannot be reached.
  const std::shared_ptr<upstream::Pool>& configured() const { return configured_; }

  // Asks a node for all of them, and goes on with these. False when none told.
  net::Task<bool> discover();

 private:
  net::Task<std::optional<std::vector<std::string>>> ask(std::shared_ptr<upstream::Pool> pool);
  void adopt(std::vector<std::string> hosts);

  const RemoteSettings& settings_;
  const Clock& clock_;
  net::Worker& worker_;
  net::Resolver& resolver_;
  std::shared_ptr<upstream::Pool> configured_;
  std::shared_ptr<upstream::Pool> current_;
  std::vector<std::string> hosts_;  // of current_, sorted; empty: the configured ones
};

}  // namespace gatehouse::dynamo
