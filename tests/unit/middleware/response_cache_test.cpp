#include "gatehouse/middleware/response_cache.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using State = CacheFlight::State;

class ResponseCacheTest : public ::testing::Test {
 protected:
  static CacheKey key(std::string_view text) { return {text, hash64(text), ResponseCache::uri_of("host", text)}; }

  std::shared_ptr<CacheEntry> entry(const std::string& text, std::size_t size = 100, VaryPrint print = {}) {
    auto made = std::make_shared<CacheEntry>();
    made->scope = scope_;
    made->key = made->path = text;
    made->hash = hash64(text);
    made->uri = ResponseCache::uri_of("host", text);
    if (print != VaryPrint()) made->vary = {"accept-language"};
    made->print = print;
    made->body = std::make_shared<KeptBody>(KeptBody{std::string(size, 'x')});
    made->requested = made->received = now_;
    made->flushes = cache_.flushes();
    return made;
  }
  std::shared_ptr<const CacheEntry> find(std::string_view text, VaryPrint print = {}) {
    return cache_.find(key(text), [print](const auto&) { return print; }, now_).entry;
  }

  observe::Registry registry_{1};
  ResponseCache cache_{registry_, 1024 * 1024};
  std::shared_ptr<const CacheScope> scope_ = std::make_shared<CacheScope>(CacheScope{1, "shop", "GET /x"});
  TimePoint now_{1h};
};

TEST_F(ResponseCacheTest, GivesWhatWasKeptUntilItIsReplacedOrDropped) {
  EXPECT_EQ(find("/a"), nullptr);
  const auto first = entry("/a");
  cache_.keep(first);
  EXPECT_EQ(find("/a"), first);
  const auto second = entry("/a");
  cache_.keep(second);
  EXPECT_EQ(find("/a"), second);
  EXPECT_EQ(cache_.entries(), 1u);
  EXPECT_EQ(cache_.bytes(), second->bytes());
  cache_.drop(*first);
  EXPECT_EQ(find("/a"), second);
  cache_.drop(*second);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(ResponseCacheTest, MemoryIsBoundedAndTheLeastRecentlyUsedGoesFirst) {
  cache_.keep(entry("/hot", 1000));
  for (int i = 0; i < 5000; ++i) {
    cache_.keep(entry("/" + std::to_string(i), 10'000));
    ASSERT_LE(cache_.bytes(), 1024u * 1024u);
    ASSERT_NE(find("/hot"), nullptr) << i;
  }
  EXPECT_GT(cache_.entries(), 50u);
  EXPECT_LT(cache_.entries(), 110u);
  cache_.set_memory(100'000);
  EXPECT_LE(cache_.bytes(), 100'000u);
  cache_.keep(entry("/huge", 200'000));
  EXPECT_LE(cache_.bytes(), 100'000u);
  EXPECT_EQ(find("/huge"), nullptr);
}

TEST_F(ResponseCacheTest, WhatIsNewIsNotTheFirstToGo) {
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "/" + std::to_string(i);
    cache_.keep(entry(text, 50'000));
    ASSERT_NE(find(text), nullptr) << i;
  }
}

TEST_F(ResponseCacheTest, VariantsAreToldApartAndBounded) {
  for (std::uint64_t i = 1; i <= 2 * ResponseCache::kMaxVariants; ++i) cache_.keep(entry("/v", 10, {i, i}));
  EXPECT_EQ(cache_.entries(), ResponseCache::kMaxVariants);
  EXPECT_EQ(find("/v", {2 * ResponseCache::kMaxVariants, 2 * ResponseCache::kMaxVariants})->print.first, 2 * ResponseCache::kMaxVariants);
  EXPECT_EQ(find("/v", {1, 1}), nullptr);
  EXPECT_TRUE(cache_.find(key("/v"), [](const auto&) { return VaryPrint{1, 1}; }, now_).other_variants);
}

TEST_F(ResponseCacheTest, UnsafeRequestsMakeInvalidWhatWasAskedForBefore) {
  const auto asked_before = entry("/a");
  cache_.keep(entry("/a"));
  cache_.invalidate(ResponseCache::uri_of("host", "/a"), now_ + 1s);
  EXPECT_EQ(find("/a"), nullptr);
  cache_.keep(asked_before);
  EXPECT_EQ(find("/a"), nullptr);
  now_ += 2s;
  cache_.keep(entry("/a"));
  EXPECT_NE(find("/a"), nullptr);
}

TEST_F(ResponseCacheTest, AFlushTakesWhatIsMeantAndWhatIsUnderWay) {
  const auto under_way = entry("/b/1");
  cache_.keep(entry("/a/1"));
  cache_.keep(entry("/b/2"));
  EXPECT_EQ(cache_.flush("other", "", ""), 0u);
  EXPECT_EQ(cache_.flush("shop", "GET /x", "/b"), 1u);
  EXPECT_NE(find("/a/1"), nullptr);
  cache_.keep(under_way);
  EXPECT_EQ(find("/b/1"), nullptr);
  EXPECT_EQ(cache_.flush("", "", ""), 1u);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(ResponseCacheTest, OneLeadsTheOthersAreWokenWhenItLands) {
  net::Worker worker(0);
  net::Waiter waiter(worker.ready());
  net::RemoteWake remote(worker, waiter);
  const auto leader = cache_.join(key("/a"), {}, nullptr);
  ASSERT_TRUE(leader.leads);
  const auto follower = cache_.join(key("/a"), {}, &remote.handle());
  EXPECT_FALSE(follower.leads);
  EXPECT_EQ(follower.flight, leader.flight);
  EXPECT_TRUE(cache_.join(key("/a"), {7, 7}, nullptr).leads) << "another variant";
  EXPECT_TRUE(cache_.join(key("/b"), {}, nullptr).leads);
  cache_.land(*leader.flight, State::kKept);
  EXPECT_EQ(follower.flight->state(), State::kKept);
  cache_.land(*leader.flight, State::kCut);
  EXPECT_EQ(follower.flight->state(), State::kKept) << "it lands once";
  EXPECT_TRUE(cache_.join(key("/a"), {}, nullptr).leads);
}

TEST_F(ResponseCacheTest, WaitersAreBounded) {
  net::Worker worker(0);
  net::Waiter waiter(worker.ready());
  net::RemoteWake remote(worker, waiter);
  const auto leader = cache_.join(key("/a"), {}, nullptr);
  for (std::size_t i = 0; i < ResponseCache::kMaxWaiters; ++i) ASSERT_NE(cache_.join(key("/a"), {}, &remote.handle()).flight, nullptr);
  EXPECT_EQ(cache_.join(key("/a"), {}, &remote.handle()).flight, nullptr);
  cache_.land(*leader.flight, State::kCut);
}

TEST_F(ResponseCacheTest, WhatCouldNotBeKeptIsRememberedForAWhileAndTakesNoMemory) {
  cache_.pass(key("/a"), now_ + 10s);
  EXPECT_TRUE(cache_.find(key("/a"), [](const auto&) { return VaryPrint(); }, now_).pass);
  EXPECT_FALSE(cache_.find(key("/a"), [](const auto&) { return VaryPrint(); }, now_ + 11s).pass);
  for (int i = 0; i < 200'000; ++i) cache_.pass(key("/" + std::to_string(i)), now_ + 10s);
  EXPECT_EQ(cache_.bytes(), 0u);
  cache_.keep(entry("/199999"));
  EXPECT_FALSE(cache_.find(key("/199999"), [](const auto&) { return VaryPrint(); }, now_).pass);
}

TEST_F(ResponseCacheTest, CopiesUnderWayAreBounded) {
  EXPECT_TRUE(cache_.reserve(512 * 1024));
  EXPECT_FALSE(cache_.reserve(1));
  cache_.unreserve(512 * 1024);
  EXPECT_TRUE(cache_.reserve(1));
  cache_.unreserve(1);
}

TEST_F(ResponseCacheTest, WorkersShareIt) {
  std::vector<std::thread> threads;
  std::atomic<int> found{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        const std::string text = "/" + std::to_string(i * (t + 1) % 97);
        const auto lead = cache_.join(key(text), {}, nullptr);
        if (lead.leads) {
          cache_.keep(entry(text, 20'000));
          cache_.land(*lead.flight, State::kKept);
        }
        if (const auto one = find(text)) found += one->body->bytes.size() == 20'000 ? 1 : 0;
        if (i % 500 == 0) cache_.flush("", "", "/1");
        if (i % 100 == 0) cache_.invalidate(ResponseCache::uri_of("host", text), now_ - 1s);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(found, 0);
  EXPECT_LE(cache_.bytes(), 1024u * 1024u);
  cache_.flush("", "", "");
  EXPECT_EQ(cache_.entries(), 0u);
  EXPECT_EQ(cache_.bytes(), 0u);
}

}  // namespace
}  // namespace gatehouse::middleware
