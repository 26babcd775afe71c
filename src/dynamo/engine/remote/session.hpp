// The engine's own thread: it has the connections, the credentials, and a coroutine for each request. Made before its worker runs;
// from then on used, and destroyed, on the worker's thread.
#pragma once

#include "credentials.hpp"
#include "job.hpp"
#include "judgement.hpp"
#include "nodes.hpp"

#include "gatehouse/net/task_group.hpp"

#include <memory>

namespace gatehouse::dynamo {

// What tests choose.
struct RemoteOptions {
  EnvironmentReader environment = read_environment;
  Duration discover_every = std::chrono::seconds(30);
  std::size_t most_jobs = 4096;
  std::size_t most_bytes = 256 * 1024 * 1024;
};

// What open() has looked through, before there is a thread.
struct RemoteBackends {
  std::shared_ptr<upstream::Backend> tables;
  std::shared_ptr<upstream::Backend> streams;  // null: the tables' nodes have the streams too
};

class RemoteSession {
 public:
  using Ticket = std::shared_ptr<JobGate::Ticket>;  // shared: posted work must be copyable

  RemoteSession(const RemoteSettings& settings, const RemoteOptions& options, RemoteBackends backends, const Clock& clock,
                net::Worker& worker);
  // Every job that is left ends with a fault.
  ~RemoteSession();

  void begin_discovery();
  void run(std::shared_ptr<Job> job, Ticket ticket);

 private:
  // The nodes that a request has been sent to.
  struct Tries {
    unsigned count = 0;
    bool avoid_discovered = false;
    std::shared_ptr<upstream::Pool> pool;
    std::uint64_t targets = 0;
  };

  static net::Task<void> run_job(RemoteSession* session, std::shared_ptr<Job> job, Ticket ticket);
  static net::Task<void> run_discovery(RemoteSession* session);
  net::Task<TryResult> repeat(Job& job);
  net::Task<TryResult> try_once(Job& job, Tries& tries);
  void choose_pool(const Job& job, Tries& tries);
  TimePoint try_deadline(const Job& job) const;

  const RemoteSettings& settings_;
  const RemoteOptions& options_;
  const Clock& clock_;
  net::Worker& worker_;
  std::unique_ptr<net::Resolver> resolver_;
  CredentialsProvider credentials_;
  Nodes tables_;
  std::unique_ptr<Nodes> streams_;
  bool ask_nodes_ = false;  // a node could not be reached: look before it is time
  net::TaskGroup tasks_;    // the last: its coroutines use all of the above
};

}  // namespace gatehouse::dynamo
