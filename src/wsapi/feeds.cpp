#include "gatehouse/wsapi/feeds.hpp"

#include "table_feed.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <utility>

namespace gatehouse::wsapi {
namespace {

constexpr auto kReadyPatience = std::chrono::seconds(5);

}  // namespace

// The background worker's, but for the counters and what is constant.
struct Feeds::State {
  State(net::BackgroundWorker& on, Registry& of, observe::Registry& to) : background(on), connections(of), metrics(to) {}

  void adopt(const std::vector<FeedSetup>& setups, const std::shared_ptr<std::promise<void>>& ready);
  std::shared_ptr<FeedCounters> counters_of(const std::string& api, const std::string& table);

  net::BackgroundWorker& background;
  Registry& connections;
  observe::Registry& metrics;
  std::vector<std::unique_ptr<TableFeed>> tables;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<FeedCounters>> counters;
  bool started = false;  // control plane
};

namespace {

// Ends what State holds on the worker's thread, when that stops.
template <class State>
net::Task<void> run_until_the_end(std::shared_ptr<State> state) {
  struct End {
    std::shared_ptr<State> state;
    ~End() { state->tables.clear(); }
  };
  const End end{std::move(state)};
  net::Waiter waiter(end.state->background.worker().ready());
  for (;;) co_await waiter;
}

}  // namespace

std::shared_ptr<FeedCounters> Feeds::State::counters_of(const std::string& api, const std::string& table) {
  auto& slot = counters[{api, table}];
  if (slot) return slot;
  slot = std::make_shared<FeedCounters>();
  const auto observe = [&](std::string_view name, std::string_view help, std::atomic<std::uint64_t> FeedCounters::* value) {
    slot->metrics.push_back(metrics.observe(observe::Registry::Kind::kCounter, name, help, {{"api", api}, {"table", table}},
                                            [of = slot.get(), value] { return static_cast<double>((of->*value).load()); }));
  };
  observe("gatehouse_feed_messages_total", "Changes of a table that were sent to connections, each for itself.", &FeedCounters::messages);
  observe("gatehouse_feed_missed_total", "Such messages that clients did not get because they do not read.", &FeedCounters::missed);
  observe("gatehouse_feed_gaps_total", "Times that a feed left changes out to go on with the newest.", &FeedCounters::gaps);
  return slot;
}

void Feeds::State::adopt(const std::vector<FeedSetup>& setups, const std::shared_ptr<std::promise<void>>& ready) {
  const auto is_of = [](const TableFeed& table, const FeedSetup& setup) {
    return table.engine() == setup.engine && table.table() == setup.feed.table;
  };
  std::erase_if(tables, [&](const auto& table) {
    return std::ranges::none_of(setups, [&](const FeedSetup& setup) { return is_of(*table, setup); });
  });
  // Set when the last of those that are new is ready.
  const std::shared_ptr<void> all(nullptr, [ready](void*) { ready->set_value(); });
  std::vector<TableFeed*> fresh;
  for (const FeedSetup& setup : setups) {
    if (std::ranges::any_of(tables, [&](const auto& table) { return is_of(*table, setup); })) continue;
    fresh.push_back(tables.emplace_back(std::make_unique<TableFeed>(background.worker(), connections, setup.engine, setup.feed.table)).get());
  }
  for (const auto& table : tables) {
    std::vector<TableFeedUse> uses;
    for (const FeedSetup& setup : setups)
      if (is_of(*table, setup))
        uses.push_back({setup.api, std::make_shared<const FeedSettings>(setup.feed), setup.message, counters_of(setup.api, setup.feed.table)});
    table->use(std::move(uses));
  }
  for (TableFeed* const table : fresh) table->start([all] {});
}

Feeds::Feeds(net::BackgroundWorker& background, Registry& connections, observe::Registry& metrics)
    : state_(std::make_shared<State>(background, connections, metrics)) {}

Feeds::~Feeds() = default;

void Feeds::adopt(std::vector<FeedSetup> feeds) {
  if (feeds.empty() && !state_->started) return;
  if (!std::exchange(state_->started, true))
    state_->background.spawn("feeds", [state = state_] { return run_until_the_end(state); });
  const auto ready = std::make_shared<std::promise<void>>();
  std::future<void> waiting = ready->get_future();
  state_->background.post([state = state_, feeds = std::move(feeds), ready] { state->adopt(feeds, ready); });
  waiting.wait_for(kReadyPatience);
}

}  // namespace gatehouse::wsapi
