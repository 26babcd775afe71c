// The changes of one table, read and delivered to the feeds from it. Made, used and destroyed on the background worker.
//
// An engine that tells of changes is asked when it does, any other every quarter of a second. While nobody is connected nothing
// is read; the place is kept at the stream's end.
#pragma once

#include "stream_source.hpp"

#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/wsapi/feeds.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::wsapi {

// Of one API and table, over reloads.
struct FeedCounters {
  std::atomic<std::uint64_t> messages{0};  // sent
  std::atomic<std::uint64_t> missed{0};    // by clients that do not read
  std::atomic<std::uint64_t> gaps{0};
  std::vector<observe::Registry::Handle> metrics;
};

struct TableFeedUse {
  std::string api;
  std::shared_ptr<const FeedSettings> feed;
  std::size_t message;
  std::shared_ptr<FeedCounters> counters;
};

class TableFeed {
 public:
  // Changes read in a row without being level with the stream: beyond it the feed goes on with the newest.
  static constexpr std::size_t kMostBehind = 10'000;
  static constexpr std::uint32_t kMostUnderWay = 256;  // messages that workers have not delivered

  TableFeed(net::Worker& worker, Registry& connections, std::shared_ptr<dynamo::Engine> engine, std::string table);
  ~TableFeed();

  const std::shared_ptr<dynamo::Engine>& engine() const { return engine_; }
  const std::string& table() const { return table_; }
  void use(std::vector<TableFeedUse> uses) { uses_ = std::make_shared<const std::vector<TableFeedUse>>(std::move(uses)); }
  // `ready` is called once: when it listens, or waits for the network, or has failed.
  void start(std::function<void()> ready);

 private:
  struct Signal;
  struct UnderWay;
  using Uses = std::shared_ptr<const std::vector<TableFeedUse>>;

  net::Task<void> run();
  net::Task<Result<bool>> read_all();
  net::Task<Result<bool>> deliver(const StreamPage& page);
  net::Task<bool> wait_for_room();
  net::Task<void> sleep(Duration at_most);         // until the stream has changed
  net::Task<void> sleep_through(Duration duration);  // whatever happens
  void send(const TableFeedUse& use, Notice notice);
  static void note_refusal(const Delivered& delivered, UnderWay& under_way, Signal& signal);
  void tell_gap();
  void failed(const Error& error);
  void be_ready();

  net::Worker& worker_;
  Registry& connections_;
  std::shared_ptr<dynamo::Engine> engine_;
  const std::string table_;
  net::Waiter waiter_;
  net::RemoteWake wake_;
  std::shared_ptr<Signal> signal_;
  std::shared_ptr<UnderWay> under_way_;
  std::shared_ptr<void> watch_;
  StreamSource source_;
  Uses uses_;
  std::size_t behind_ = 0;
  bool failing_ = false;
  bool gap_ = false;  // to be told
  std::function<void()> ready_;
  net::Task<void> task_;
};

}  // namespace gatehouse::wsapi
