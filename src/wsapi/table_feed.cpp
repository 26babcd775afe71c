#include "table_feed.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/net/alarm.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using http::PreparedFrame;
using http::websocket::Opcode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPoll = milliseconds(250);       // of a store that does not tell
constexpr Duration kLook = seconds(15);             // at one that does: its table may have become another
constexpr Duration kUnheard = milliseconds(50);     // between two looks while nobody is connected
constexpr Duration kKeepPlace = seconds(60);        // then too: places are forgotten after a quarter of an hour
constexpr Duration kFirstPause = seconds(1);        // after a failure, doubled
constexpr Duration kLongestPause = seconds(30);
constexpr Duration kDeliveryPatience = seconds(10);

// Not of the worker's turn, which reading may have made a long one.
TimePoint from_now(Duration duration) { return std::chrono::steady_clock::now() + duration; }

}  // namespace

struct TableFeed::Signal {
  std::atomic<bool> changed{false};
  net::RemoteWake::Handle wake;

  void tell() {
    if (!changed.exchange(true)) wake.wake();
  }
};

struct TableFeed::UnderWay {
  std::atomic<std::uint32_t> count{0};
  std::atomic<bool> refused{false};  // a worker had too many to take one more
  net::RemoteWake::Handle wake;
};

TableFeed::TableFeed(net::Worker& worker, Registry& connections, std::shared_ptr<dynamo::Engine> engine, std::string table)
    : worker_(worker),
      connections_(connections),
      engine_(std::move(engine)),
      table_(std::move(table)),
      waiter_(worker.ready()),
      wake_(worker, waiter_),
      signal_(new Signal{false, wake_.handle()}),
      under_way_(new UnderWay{0, false, wake_.handle()}),
      source_(engine_, worker, waiter_, table_),
      uses_(std::make_shared<const std::vector<TableFeedUse>>()) {}

TableFeed::~TableFeed() {
  watch_.reset();
  task_.reset();
}

void TableFeed::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  task_ = run();
  task_.start();
}

void TableFeed::be_ready() {
  if (const auto ready = std::exchange(ready_, nullptr)) ready();
}

net::Task<void> TableFeed::run() {
  bool placed = false;
  Duration pause = kFirstPause;
  for (;;) {
    const bool heard = connections_.open_count() > 0;
    if (!placed) {
      watch_.reset();
      watch_ = engine_->watch_stream(table_, [signal = signal_] { signal->tell(); });
    }
    if (!heard && !watch_) {
      placed = false;
      be_ready();
      net::Task<void> sleeping = sleep_through(kPoll);
      co_await sleeping;
      continue;
    }
    const bool reads = placed && heard;
    net::Task<Result<bool>> working = reads ? read_all() : source_.go_to_end();
    const Result<bool> worked = co_await working;
    be_ready();
    if (!worked) {
      failed(worked.error());
      const bool lost = reads && worked.error().reason() == StreamSource::kLost;
      gap_ = gap_ || lost;
      placed = reads && !lost;
      net::Task<void> pausing = sleep_through(lost ? kUnheard : pause);
      co_await pausing;
      if (!lost) pause = std::min(2 * pause, kLongestPause);
      continue;
    }
    placed = true;
    // Who asks for everything now misses nothing that comes after.
    if (std::exchange(gap_, false)) tell_gap();
    pause = kFirstPause;
    failing_ = false;
    if (!heard) {
      net::Task<void> resting = sleep_through(kUnheard);
      co_await resting;
    }
    net::Task<void> sleeping = sleep(!watch_ ? kPoll : heard ? kLook : kKeepPlace);
    co_await sleeping;
  }
}

void TableFeed::failed(const Error& error) {
  if (std::exchange(failing_, true)) return;
  log::warn("feed_failed", {{"table", table_}, {"cause", error.message()}});
}

net::Task<void> TableFeed::sleep(Duration at_most) {
  const net::Alarm alarm(worker_, waiter_, from_now(at_most));
  while (!signal_->changed.load() && !alarm.rang()) co_await waiter_;
  signal_->changed.store(false);
}

net::Task<void> TableFeed::sleep_through(Duration duration) {
  const net::Alarm alarm(worker_, waiter_, from_now(duration));
  while (!alarm.rang()) co_await waiter_;
}

// Until it is level with the stream.
net::Task<Result<bool>> TableFeed::read_all() {
  if (under_way_->refused.exchange(false))
    co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, StreamSource::kLost, "too many broadcasts are under way");
  for (std::size_t at = source_.shards(); at-- > 0;) {
    for (bool more = true; more;) {
      StreamPage page;
      net::Task<Result<bool>> reading = source_.read(at, page);
      const Result<bool> read = co_await reading;
      if (!read) co_return read.error();
      net::Task<Result<bool>> delivering = deliver(page);
      const Result<bool> delivered = co_await delivering;
      if (!delivered) co_return delivered.error();
      if (page.next.empty()) {  // others have taken the shard's place, with records perhaps
        at = source_.shards();
        break;
      }
      more = page.full;
      behind_ = more ? behind_ + page.changes.size() : 0;
      if (behind_ > kMostBehind)
        co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, StreamSource::kLost, "more changes than can be followed");
    }
  }
  co_return true;
}

net::Task<Result<bool>> TableFeed::deliver(const StreamPage& page) {
  const Uses uses = uses_;
  for (const TableFeedUse& use : *uses) {
    std::vector<Notice> notices;
    {
      Arena arena;
      const FeedFilter::Compiled filter(use.feed->filter, arena);
      for (const Change& change : page.changes) append_notices(*use.feed, filter, change, use.message, notices);
    }
    for (Notice& notice : notices) {
      // Not a task for each message: those that end at once would lie on each other's stack where the compiler makes no tail calls.
      if (under_way_->count.load() >= kMostUnderWay) {
        net::Task<bool> waiting = wait_for_room();
        const bool room = co_await waiting;
        if (!room) co_return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, StreamSource::kLost, "messages are not delivered in time");
      }
      send(use, std::move(notice));
    }
  }
  co_return true;
}

// False when the workers deliver nothing: what they have is not counted any more.
net::Task<bool> TableFeed::wait_for_room() {
  const net::Alarm alarm(worker_, waiter_, from_now(kDeliveryPatience));
  while (under_way_->count.load() >= kMostUnderWay) {
    if (alarm.rang()) {
      under_way_.reset(new UnderWay{0, false, wake_.handle()});
      co_return false;
    }
    co_await waiter_;
  }
  co_return true;
}

void TableFeed::send(const TableFeedUse& use, Notice notice) {
  under_way_->count.fetch_add(1);
  const PreparedFrame frame(Opcode::kText, notice.payload);
  Registry::Admits admits;
  const std::string group = notice.audience.group;
  if (!use.feed->only_to.empty())
    admits = [feed = use.feed, audience = std::make_shared<const Audience>(std::move(notice.audience))](const Connection& connection) {
      return wsapi::admits(feed->only_to, *audience, connection.facts());
    };
  const auto count = [signal = signal_, under_way = under_way_, counters = use.counters](const Delivered& delivered) {
    counters->messages.fetch_add(delivered.sent, std::memory_order_relaxed);
    counters->missed.fetch_add(delivered.full, std::memory_order_relaxed);
    if (under_way->count.fetch_sub(1) == kMostUnderWay) under_way->wake.wake();
    note_refusal(delivered, *under_way, *signal);
  };
  connections_.broadcast_here(use.api, group, frame, admits, count);
}

// The gap is told again and again until it is taken.
void TableFeed::note_refusal(const Delivered& delivered, UnderWay& under_way, Signal& signal) {
  if (delivered.outcome != Outcome::kBusy) return;
  under_way.refused.store(true);
  signal.tell();
}

// To all who may have heard of changes.
void TableFeed::tell_gap() {
  behind_ = 0;
  log::warn("feed_gap", {{"table", table_}});
  for (const TableFeedUse& use : *uses_) {
    use.counters->gaps.fetch_add(1, std::memory_order_relaxed);
    Registry::Admits admits;
    if (!use.feed->group.everybody())
      admits = [head = std::string(use.feed->group.head())](const Connection& connection) {
        const auto groups = connection.groups();
        return std::ranges::any_of(groups, [&head](const std::string& group) { return group.starts_with(head); });
      };
    connections_.broadcast_here(use.api, {}, PreparedFrame(Opcode::kText, gap_message(table_)), admits,
                                [signal = signal_, under_way = under_way_](const Delivered& delivered) { note_refusal(delivered, *under_way, *signal); });
  }
}

}  // namespace gatehouse::wsapi
