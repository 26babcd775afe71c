// Feeds over an engine in memory, and over one that does not tell of changes.
#include "gatehouse/wsapi/feeds.hpp"

#include "unit/wsapi/registry_fixture.hpp"
#include "wsapi/table_feed.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/dynamo/engine/local_engine.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace gatehouse::wsapi {
namespace {

using dynamo::Operation;
using testing::Client;
using testing::RegistryTest;
using testing::SeenFrame;

constexpr std::string_view kTable = R"({"TableName":"notes","BillingMode":"PAY_PER_REQUEST",
  "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
  "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";

// Between the feed and the engine.
class SeenEngine final : public dynamo::Engine {
 public:
  explicit SeenEngine(std::unique_ptr<dynamo::Engine> engine) : engine_(std::move(engine)) {}
  std::string_view kind() const override { return "seen"; }
  net::Task<void> execute(dynamo::Call& call) override {
    ++calls;
    if (call.operation == Operation::kGetRecords) ++reads;
    if (call.operation == Operation::kGetRecords && fail.load()) {
      call.status = 400;
      call.answer += R"({"__type":"com.amazonaws.dynamodb.v20120810#ExpiredIteratorException","message":"too old"})";
      co_return;
    }
    net::Task<void> executing = engine_->execute(call);
    co_await executing;
  }
  int execute_blocking(Operation operation, std::string_view body, std::string& answer) override {
    return engine_->execute_blocking(operation, body, answer);
  }
  std::shared_ptr<void> watch_stream(std::string_view table, std::function<void()> changed) override {
    return tells ? engine_->watch_stream(table, std::move(changed)) : nullptr;
  }
  void close() override { engine_->close(); }

  bool tells = true;
  std::atomic<int> calls{0}, reads{0};
  std::atomic<bool> fail{false};

 private:
  std::unique_ptr<dynamo::Engine> engine_;
};

class FeedsTest : public RegistryTest {
 protected:
  FeedsTest() {
    dynamo::LocalEngineOptions options;
    options.background = false;
    auto local = dynamo::LocalEngine::open(dynamo::open_memory(), dynamo::EngineKind::kMemory, options, clock_, pool_).value();
    local_ = local.get();
    engine_ = std::make_shared<SeenEngine>(std::move(local));
    ask(Operation::kCreateTable, std::string(kTable));
    facts_.subject = "ann";
  }
  ~FeedsTest() override {
    background_.stop();
    registry_.close_all(worker_);
  }

  void ask(Operation operation, const std::string& body) {
    std::string answer;
    ASSERT_EQ(engine_->execute_blocking(operation, body, answer), 200) << answer;
  }
  void put(const std::string& id, const std::string& owner) {
    ask(Operation::kPutItem, R"({"TableName":"notes","Item":{"id":{"S":")" + id + R"("},"owner":{"S":")" + owner + R"("}}})");
  }
  FeedSetup setup(std::string_view group = "notes-$item.owner") {
    FeedSetup made{"chat", engine_, {}, 4096};
    made.feed.table = "notes";
    made.feed.key = {"id"};
    if (!group.empty()) made.feed.group = GroupTemplate::parse(group).value();
    return made;
  }
  std::string metrics() const { return metrics_.scrape(); }
  // The next message.
  std::string seen(Client& client) {
    EXPECT_TRUE(run_until([&] {
      client.receive();
      if (client.frames.empty()) poke();
      return !client.frames.empty();
    }));
    if (client.frames.empty()) return "(nothing)";
    std::string payload = std::move(client.frames.front().payload);
    client.frames.erase(client.frames.begin());
    return payload;
  }

  ManualClock clock_;
  net::BlockingPool pool_{1, 16};
  dynamo::LocalEngine* local_ = nullptr;
  std::shared_ptr<SeenEngine> engine_;
  observe::Registry metrics_{1};
  net::BackgroundWorker background_{1};
  Feeds feeds_{background_, registry_, metrics_};
};

TEST_F(FeedsTest, AChangeReachesTheGroupThatItIsFor) {
  Client ann = open();
  Client bob = open();
  ann.connection->join("notes-ann");
  bob.connection->join("notes-bob");
  feeds_.adopt({setup()});
  put("1", "ann");
  put("2", "bob");
  EXPECT_EQ(seen(ann), R"({"event":"INSERT","table":"notes","keys":{"id":"1"},"item":{"id":"1","owner":"ann"}})");
  EXPECT_EQ(seen(bob), R"({"event":"INSERT","table":"notes","keys":{"id":"2"},"item":{"id":"2","owner":"bob"}})");
  ask(Operation::kDeleteItem, R"({"TableName":"notes","Key":{"id":{"S":"1"}}})");
  EXPECT_EQ(seen(ann), R"({"event":"REMOVE","table":"notes","keys":{"id":"1"}})");
  EXPECT_NE(metrics().find(R"(gatehouse_feed_messages_total{api="chat",table="notes"} 3)"), std::string::npos) << metrics();
}

TEST_F(FeedsTest, NobodyHearsWhatIsNotTheirsWhateverGroupTheyAreIn) {
  Client ann = open();
  facts_.subject = "eve";
  Client eve = open();
  ann.connection->join("all");
  eve.connection->join("all");
  FeedSetup made = setup("all");
  made.feed.only_to = {{"owner", std::nullopt}};
  feeds_.adopt({made});
  put("1", "ann");
  put("2", "eve");
  EXPECT_NE(seen(ann).find(R"("owner":"ann")"), std::string::npos);
  EXPECT_NE(seen(eve).find(R"("owner":"eve")"), std::string::npos);
  eve.receive();
  EXPECT_TRUE(eve.frames.empty());
}

TEST_F(FeedsTest, WhatWasWrittenBeforeIsNotTold) {
  put("1", "ann");
  Client ann = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  put("2", "ann");
  EXPECT_NE(seen(ann).find(R"({"id":"2"})"), std::string::npos);
}

TEST_F(FeedsTest, NothingIsReadWhileNobodyIsConnected) {
  feeds_.adopt({setup()});
  for (int i = 0; i < 50; ++i) put(std::to_string(i), "ann");
  EXPECT_EQ(engine_->reads, 0);
  Client ann = open();
  ann.connection->join("notes-ann");
  put("new", "ann");
  std::string last;
  while (last != "(nothing)" && last.find(R"({"id":"new"})") == std::string::npos) last = seen(ann);
  EXPECT_NE(last, "(nothing)");
  EXPECT_GT(engine_->reads, 0);
}

TEST_F(FeedsTest, NothingIsAskedWhileNothingChanges) {
  Client ann = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  put("1", "ann");
  seen(ann);
  const auto settled = [&] {
    const int before = engine_->calls;
    std::promise<void> passed;
    background_.post([&] { passed.set_value(); });
    passed.get_future().wait();
    return engine_->calls == before;
  };
  ASSERT_TRUE(run_until([&] {
    poke();
    return settled();
  }));
  const int before = engine_->calls;
  for (int i = 0; i < 100; ++i) settled();
  EXPECT_EQ(engine_->calls, before);
}

TEST_F(FeedsTest, AStoreThatDoesNotTellIsAskedNowAndThen) {
  engine_->tells = false;
  Client ann = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  put("1", "ann");
  EXPECT_NE(seen(ann).find(R"({"id":"1"})"), std::string::npos);
}

TEST_F(FeedsTest, AnAdoptedFeedTakesTheFormersPlace) {
  Client ann = open();
  ann.connection->join("notes-ann");
  ann.connection->join("other");
  feeds_.adopt({setup()});
  put("1", "ann");
  EXPECT_NE(seen(ann).find(R"({"id":"1"})"), std::string::npos);
  FeedSetup other = setup("other");
  other.feed.images = dynamo::StreamView::kKeysOnly;
  feeds_.adopt({other});
  put("2", "bob");
  EXPECT_EQ(seen(ann), R"({"event":"INSERT","table":"notes","keys":{"id":"2"}})");
  const std::weak_ptr<SeenEngine> engine = engine_;
  const auto users = engine_.use_count();
  feeds_.adopt({});
  EXPECT_LT(engine_.use_count(), users);
  put("3", "bob");
  EXPECT_EQ(engine.use_count(), 2);  // the test and `other`
}

TEST_F(FeedsTest, TwoFeedsFromOneTableReadItOnce) {
  Client ann = open();
  ann.connection->join("notes-ann");
  ann.connection->join("all");
  feeds_.adopt({setup(), setup("all")});
  put("1", "ann");
  EXPECT_EQ(frames(ann, 2).size(), 2u);
  EXPECT_EQ(engine_->reads, 1);
}

TEST_F(FeedsTest, AShardThatHasEndedIsFollowedByTheNext) {
  Client ann = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  // A shard takes records for four hours; a place in one is good for a quarter of an hour.
  for (int i = 0; i < 60; ++i) {
    put(std::to_string(i), "ann");
    EXPECT_NE(seen(ann).find(R"("keys":{"id":")" + std::to_string(i) + R"("})"), std::string::npos);
    clock_.advance(std::chrono::minutes(10));
    local_->tick();
  }
  EXPECT_EQ(metrics().find("gatehouse_feed_gaps_total{api=\"chat\",table=\"notes\"} 1"), std::string::npos);
}

TEST_F(FeedsTest, ALostPlaceIsAGapThatIsTold) {
  Client ann = open();
  Client stranger = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  engine_->fail = true;
  put("1", "ann");
  EXPECT_EQ(seen(ann), R"({"event":"GAP","table":"notes"})");
  engine_->fail = false;
  put("2", "ann");
  EXPECT_NE(seen(ann).find(R"("keys":{"id":"2"})"), std::string::npos);
  stranger.receive();
  EXPECT_TRUE(stranger.frames.empty());
  EXPECT_NE(metrics().find(R"(gatehouse_feed_gaps_total{api="chat",table="notes"} 1)"), std::string::npos) << metrics();
}

TEST_F(FeedsTest, WhatAWorkerHasNoRoomForIsAGapThatIsTold) {
  Client ann = open();
  Client crowd = open();
  ann.connection->join("notes-ann");
  crowd.connection->join("crowd");
  feeds_.adopt({setup()});
  // The worker stands still: these wait before what the feed sends.
  for (int i = 0; i < 1024; ++i) registry_.broadcast_here("chat", "crowd", http::PreparedFrame(http::websocket::Opcode::kText, "x"), {}, [](const Delivered&) {});
  put("1", "ann");
  while (engine_->reads == 0) std::this_thread::yield();
  std::promise<void> sent;
  background_.post([&] { sent.set_value(); });
  sent.get_future().wait();
  EXPECT_EQ(seen(ann), R"({"event":"GAP","table":"notes"})");
  put("2", "ann");
  EXPECT_NE(seen(ann).find(R"("keys":{"id":"2"})"), std::string::npos);
}

TEST_F(FeedsTest, AFeedThatFallsBehindGoesOnWithTheNewest) {
  // The connection's worker stands still: what is under way is bounded, so that the feed stops and the stream grows.
  Client ann = open();
  ann.connection->join("notes-ann");
  feeds_.adopt({setup()});
  for (std::size_t i = 0; i < TableFeed::kMostBehind + TableFeed::kMostUnderWay + 2000; ++i) put(std::to_string(i), "ann");
  ASSERT_TRUE(run_until([&] {
    ann.receive();
    poke();
    return metrics().find("gatehouse_feed_gaps_total{api=\"chat\",table=\"notes\"} 1") != std::string::npos;
  }));
  put("last", "ann");
  bool gap = false;
  bool last = false;
  while (!last) {
    const std::string text = seen(ann);
    ASSERT_NE(text, "(nothing)");
    gap = gap || text == R"({"event":"GAP","table":"notes"})";
    last = text.find(R"("keys":{"id":"last"})") != std::string::npos;
  }
  EXPECT_TRUE(gap);
}

}  // namespace
}  // namespace gatehouse::wsapi
