#include "gatehouse/integration/static_files.hpp"

#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"
#include "support/temporary_folder.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace gatehouse::integration {
namespace {

using testing::FakeExchange;
using testing::FieldList;

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() {
    settings.root = folder.path();
    folder.write("index.html", "<index>");
    folder.write("app.js", "0123456789");
    folder.write("docs/index.html", "<docs>");
    folder.write(".env", "secret");
    route.pattern = *pipeline::RoutePattern::parse("GET /app/{file+}");
  }

  // Begins a request for the file behind /app/.
  void start(const std::string& file, const FieldList& fields = {}, const std::string& method = "GET") {
    exchange = std::make_unique<FakeExchange>(worker, method, "/app/" + file, fields);
    context = std::make_unique<pipeline::RequestContext>(*exchange, route);
    context->path = exchange->request().path;
    context->params.push("file", context->path.substr(5));
    files = make_static_files(settings, pool);
    task = files->serve(*context);
    task.start();
  }
  bool finish() {
    return net::testing::run_until(worker, [&] { return task.done(); });
  }
  void get(const std::string& file, const FieldList& fields = {}, const std::string& method = "GET") {
    start(file, fields, method);
    ASSERT_TRUE(finish());
    task.take();
  }
  std::string field(std::string_view name) { return exchange->field(name).value_or("(none)"); }

  TemporaryFolder folder;
  StaticFilesSettings settings;
  net::Worker worker{0};
  net::BlockingPool pool{1, 4};
  pipeline::Route route;
  std::unique_ptr<FakeExchange> exchange;
  std::unique_ptr<pipeline::RequestContext> context;
  std::shared_ptr<const pipeline::Integration> files;
  net::Task<void> task;
};

TEST_F(StaticFilesTest, ServesAFileWithWhatACacheNeeds) {
  settings.cache_control = "max-age=60";
  get("app.js");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->sent_body, "0123456789");
  EXPECT_EQ(exchange->writes.size(), 1u);
  EXPECT_EQ(exchange->sent_length, 10u);
  EXPECT_EQ(field("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(field("x-content-type-options"), "nosniff");
  EXPECT_EQ(field("accept-ranges"), "bytes");
  EXPECT_EQ(field("cache-control"), "max-age=60");
  EXPECT_NE(field("etag"), "(none)");
  EXPECT_NE(field("last-modified"), "(none)");
  EXPECT_EQ(context->reason, "ok");
}

TEST_F(StaticFilesTest, ReadsNoMoreThanTheClientTakesAnd32KiB) {
  folder.write("big.bin", std::string(500'000, 'b'));
  get("big.bin");
  EXPECT_EQ(exchange->sent_body.size(), 500'000u);
  for (const std::string& written : exchange->writes) EXPECT_LE(written.size(), 32u * 1024);

  start("big.bin");
  exchange->room = 100'000;  // before the first read, which is on another thread
  ASSERT_TRUE(finish());
  task.take();
  EXPECT_EQ(exchange->sent_body.size(), 500'000u);
  EXPECT_EQ(exchange->writes.back().size(), 500'000u % (32 * 1024 + 100'000));
}

TEST_F(StaticFilesTest, HeadSaysWhatGetWouldSend) {
  get("app.js", {}, "HEAD");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->sent_length, 10u);
  EXPECT_EQ(exchange->sent_body, "");
  EXPECT_TRUE(exchange->ended_answer);
}

TEST_F(StaticFilesTest, OtherMethodsAreNotAllowed) {
  get("app.js", {}, "POST");
  EXPECT_EQ(exchange->status, 405);
  EXPECT_EQ(field("allow"), "GET, HEAD");
  EXPECT_EQ(context->reason, "method_not_allowed");
}

TEST_F(StaticFilesTest, FoldersHaveAnIndexBehindTheirSlash) {
  get("docs/");
  EXPECT_EQ(exchange->sent_body, "<docs>");
  EXPECT_EQ(field("content-type"), "text/html; charset=utf-8");
  get("");
  EXPECT_EQ(exchange->sent_body, "<index>");
  get("docs?x=1");
  EXPECT_EQ(exchange->status, 308);
  EXPECT_EQ(field("location"), "/app/docs/?x=1");
  get("docs");
  EXPECT_EQ(field("location"), "/app/docs/");
}

TEST_F(StaticFilesTest, WhatIsNotThereOrHiddenIsNotFound) {
  for (const char* missing : {"none.js", ".env", "docs/.hidden", "docs%2Findex.html", "app.js/", "a%00b"}) {
    get(missing);
    EXPECT_EQ(exchange->status, 404) << missing;
    EXPECT_EQ(exchange->sent_body, R"({"message":"Not Found"})");
    EXPECT_EQ(context->reason, "file_not_found");
  }
}

TEST_F(StaticFilesTest, FallbackServesTheApplicationForItsOwnPaths) {
  settings.fallback = "index.html";
  get("orders/7");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->sent_body, "<index>");
  EXPECT_EQ(field("content-type"), "text/html; charset=utf-8");
  get(".env");
  EXPECT_EQ(exchange->status, 404);
}

TEST_F(StaticFilesTest, WithoutAVariableTheWholePathIsServed) {
  route.pattern = *pipeline::RoutePattern::parse("$default");
  folder.write("app/here.txt", "here");
  get("here.txt");
  EXPECT_EQ(exchange->sent_body, "here");
}

TEST_F(StaticFilesTest, KnownFileIsNotSentAgain) {
  get("app.js");
  const std::string etag = field("etag");
  const std::string modified = field("last-modified");
  get("app.js", {{"If-None-Match", etag}});
  EXPECT_EQ(exchange->status, 304);
  EXPECT_EQ(field("etag"), etag);
  EXPECT_EQ(field("content-type"), "(none)");
  EXPECT_EQ(exchange->sent_body, "");
  get("app.js", {{"If-Modified-Since", modified}});
  EXPECT_EQ(exchange->status, 304);
  get("app.js", {{"If-None-Match", "\"other\""}});
  EXPECT_EQ(exchange->status, 200);
}

TEST_F(StaticFilesTest, PartsAreServed) {
  get("app.js", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(exchange->status, 206);
  EXPECT_EQ(exchange->sent_body, "234");
  EXPECT_EQ(exchange->sent_length, 3u);
  EXPECT_EQ(field("content-range"), "bytes 2-4/10");
  get("app.js", {{"Range", "bytes=10-"}});
  EXPECT_EQ(exchange->status, 416);
  EXPECT_EQ(field("content-range"), "bytes */10");
  EXPECT_EQ(exchange->sent_body, "");
}

TEST_F(StaticFilesTest, EmptyFileIsAnAnswerWithoutABody) {
  folder.write("empty.css", "");
  get("empty.css");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->sent_length, 0u);
  EXPECT_TRUE(exchange->ended_answer);
}

TEST_F(StaticFilesTest, LargeFileIsSentInPiecesAsTheClientTakesThem) {
  std::string large;
  for (int i = 0; large.size() < 700'000; ++i) large += std::to_string(i) + ",";
  folder.write("large.txt", large);
  start("large.txt");
  exchange->block_after_write = true;
  ASSERT_TRUE(net::testing::run_until(worker, [&] { return exchange->status != 0; }));
  // The pool's only thread would have read a next piece before it comes to this.
  bool read = false;
  ASSERT_TRUE(pool.submit(worker, [] {}, [&] { read = true; }));
  ASSERT_TRUE(net::testing::run_until(worker, [&] { return read; }));
  EXPECT_EQ(exchange->writes.size(), 1u);
  EXPECT_FALSE(task.done());
  exchange->block_after_write = false;
  exchange->unblock();
  ASSERT_TRUE(finish());
  EXPECT_TRUE(exchange->sent_body == large);
  EXPECT_EQ(exchange->sent_length, large.size());
  EXPECT_TRUE(exchange->ended_answer);
  EXPECT_GE(exchange->writes.size(), 3u);
}

TEST_F(StaticFilesTest, PartOfALargeFileIsReadWhereItLies) {
  std::string large(700'000, 'x');
  large.replace(600'000, 3, "abc");
  folder.write("large.txt", large);
  get("large.txt", {{"Range", "bytes=599999-600003"}});
  EXPECT_EQ(exchange->sent_body, "xabcx");
}

TEST_F(StaticFilesTest, FileThatShrinksOnTheWayEndsVisibly) {
  folder.write("large.txt", std::string(700'000, 'x'));
  start("large.txt");
  ASSERT_TRUE(net::testing::run_until(worker, [&] { return exchange->status != 0; }));
  exchange->block();
  std::filesystem::resize_file(folder / "large.txt", 300'000);
  exchange->unblock();
  ASSERT_TRUE(finish());
  EXPECT_TRUE(exchange->aborted);
  EXPECT_FALSE(exchange->ended_answer);
  EXPECT_EQ(context->reason, "file_read_failed");
}

// Keeps the pool's only thread busy until the end of the scope.
class BusyPool {
 public:
  BusyPool(net::BlockingPool& pool, net::Worker& worker, int jobs) {
    for (int i = 0; i < jobs; ++i) {
      pool.submit(
          worker,
          [state = state_] {
            std::unique_lock lock(state->mutex);
            state->started = true;
            state->changed.notify_all();
            state->changed.wait(lock, [&] { return state->over; });
          },
          [] {});
      if (i > 0) continue;
      std::unique_lock lock(state_->mutex);
      state_->changed.wait(lock, [&] { return state_->started; });
    }
  }
  ~BusyPool() {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
    state_->changed.notify_all();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool started = false;
    bool over = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST_F(StaticFilesTest, FullQueueIsUnavailable) {
  const BusyPool busy(pool, worker, 5);
  get("app.js");
  EXPECT_EQ(exchange->status, 503);
  EXPECT_EQ(field("retry-after"), "1");
  EXPECT_EQ(context->reason, "blocking_pool_full");
}

TEST_F(StaticFilesTest, ClientThatLeavesIsNotWaitedFor) {
  const BusyPool busy(pool, worker, 1);
  start("app.js");
  EXPECT_FALSE(task.done());
  exchange->fail(http::Failure::kClientGone);
  ASSERT_TRUE(finish());
  EXPECT_FALSE(exchange->responded());
  EXPECT_EQ(context->status, 499);
  EXPECT_EQ(context->reason, "client_gone");
}

TEST_F(StaticFilesTest, WorkOutlivesARequestThatIsDestroyed) {
  {
    const BusyPool busy(pool, worker, 1);
    start("app.js");
    EXPECT_FALSE(task.done());
    task.reset();
    context.reset();
    exchange.reset();
  }
  bool over = false;
  ASSERT_TRUE(pool.submit(worker, [] {}, [&] { over = true; }));
  EXPECT_TRUE(net::testing::run_until(worker, [&] { return over; }));
}

TEST_F(StaticFilesTest, MissingRootIsOurFault) {
  settings.root = folder / "none";
  get("app.js");
  EXPECT_EQ(exchange->status, 500);
  EXPECT_EQ(context->reason, "file_open_failed");
}

}  // namespace
}  // namespace gatehouse::integration
