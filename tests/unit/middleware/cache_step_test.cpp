// The step of the response cache, request by request, with a backend that the test plays.
#include "gatehouse/middleware/cache.hpp"
#include "step_fixture.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using http::More;

const FieldList kFresh = {{"Cache-Control", "max-age=60"}, {"ETag", "\"one\""}};

class CacheStepTest : public StepTest {
 protected:
  void use(const CacheSettings& settings) {
    route_.steps = {make_cache(settings, {cache_, scope_, clock_, registry_, std::nullopt, false})};
  }

  // What the step does with the request: "kept", "waits", "backend", or the reason of its refusal.
  std::string ask(Request& request) {
    const pipeline::Decision decision = route_.steps.front()->on_request(request.context);
    if (decision.must_wait()) return "waits";
    if (decision.is_done()) return "kept";
    if (!decision.answer()) return "backend";
    request.context.answer(*decision.answer());
    return std::string(decision.answer()->reason);
  }
  // The backend's answer to a request that was to go there.
  void answer(Request& request, const FieldList& fields, const std::string& body = "hello", int status = 200, const FieldList& trailers = {}) {
    request.backend_fields.assign(fields);
    http::ResponseHead head(request.context.arena());
    head.status = status;
    head.base = &request.backend_fields.fields();
    request.context.respond(head, body, More::kYes);
    FakeFields last;
    last.assign(trailers);
    request.context.finish(last.fields());
  }
  std::unique_ptr<Request> get(const FieldList& fields = {}, const std::string& method = "GET") {
    return std::make_unique<Request>(worker_, route_, method, "/prices", fields);
  }
  // One that is kept from now on.
  void keep(const FieldList& fields = kFresh, const std::string& body = "hello") {
    const auto first = get();
    ASSERT_EQ(ask(*first), "backend");
    answer(*first, fields, body);
  }
  std::string outcome(const FieldList& fields = {}) {
    const auto request = get(fields);
    return ask(*request);
  }

  ManualClock clock_;
  observe::Registry registry_{1};
  std::shared_ptr<ResponseCache> cache_ = std::make_shared<ResponseCache>(registry_, std::size_t{1} << 20);
  std::shared_ptr<const CacheScope> scope_ = std::make_shared<CacheScope>(CacheScope{1, "shop", "GET /prices"});
};

TEST_F(CacheStepTest, GivesWhatItKeptWithItsAgeUntilItIsStale) {
  use({});
  keep();
  clock_.advance(20s);
  const auto second = get();
  EXPECT_EQ(ask(*second), "kept");
  EXPECT_EQ(second->exchange.status, 200);
  EXPECT_EQ(second->exchange.sent_body, "hello");
  EXPECT_EQ(second->field("Age"), "20");
  EXPECT_EQ(second->field("Cache-Status"), "gatehouse; hit; ttl=40");
  EXPECT_EQ(second->context.decided_by, "cache");
  clock_.advance(41s);
  EXPECT_EQ(outcome(), "backend");
}

TEST_F(CacheStepTest, SaysWhatItDidForLogAndTrail) {
  use({});
  const auto first = get();
  ask(*first);
  answer(*first, kFresh);
  EXPECT_EQ(first->context.cache.status, "gatehouse; fwd=uri-miss; fwd-status=200; stored");
  const auto stranger = get({{"Authorization", "Basic x"}});
  EXPECT_EQ(ask(*stranger), "backend");
  EXPECT_EQ(stranger->context.cache.status, "gatehouse; fwd=bypass; detail=credentials");
}

TEST_F(CacheStepTest, AnswersWithTrailersAreNotKept) {
  use({});
  const auto first = get();
  ask(*first);
  answer(*first, kFresh, "hello", 200, {{"X-Checksum", "1"}});
  EXPECT_EQ(first->exchange.sent_body, "hello");
  EXPECT_EQ(first->exchange.sent_trailers, (FieldList{{"X-Checksum", "1"}}));
  EXPECT_EQ(cache_->entries(), 0u);
  EXPECT_EQ(outcome(), "backend");
}

TEST_F(CacheStepTest, AnAnswerThatIsCutIsNotKept) {
  use({});
  {
    const auto first = get();
    ask(*first);
    first->backend_fields.assign(kFresh);
    http::ResponseHead head(first->context.arena());
    head.base = &first->backend_fields.fields();
    first->context.respond(head, "hel", More::kYes);
  }
  EXPECT_EQ(cache_->entries(), 0u);
}

TEST_F(CacheStepTest, AnswersThatAreNotForOthersPass) {
  use({});
  for (const FieldList& fields : {FieldList{{"Cache-Control", "no-store"}}, FieldList{{"Cache-Control", "private, max-age=60"}},
                                  FieldList{{"Cache-Control", "max-age=60"}, {"Set-Cookie", "a=b"}},
                                  FieldList{{"Cache-Control", "max-age=60"}, {"Vary", "*"}}, FieldList{}}) {
    const auto request = get();
    ASSERT_EQ(ask(*request), "backend");
    answer(*request, fields);
    EXPECT_EQ(cache_->entries(), 0u) << (fields.empty() ? "nothing said" : fields.back().second);
  }
}

TEST_F(CacheStepTest, AStaleAnswerIsAskedAboutAndMadeFreshBy304) {
  use({});
  keep();
  clock_.advance(61s);
  const auto second = get();
  ASSERT_EQ(ask(*second), "backend");
  EXPECT_EQ(find_field(second->forwarded(), "If-None-Match"), "\"one\"");
  answer(*second, {{"Cache-Control", "max-age=60"}, {"ETag", "\"one\""}}, "", 304);
  EXPECT_EQ(second->exchange.status, 200);
  EXPECT_EQ(second->exchange.sent_body, "hello");
  EXPECT_EQ(outcome(), "kept");
}

TEST_F(CacheStepTest, AStaleAnswerStandsInForABackendThatFails) {
  CacheSettings settings;
  settings.stale_if_error = 1h;
  use(settings);
  keep();
  clock_.advance(61s);
  const auto second = get();
  ASSERT_EQ(ask(*second), "backend");
  answer(*second, {}, "down", 503);
  EXPECT_EQ(second->exchange.status, 200);
  EXPECT_EQ(second->exchange.sent_body, "hello");
}

TEST_F(CacheStepTest, OneAsksWhileTheOthersWait) {
  use({});
  const auto first = get();
  ASSERT_EQ(ask(*first), "backend");
  EXPECT_EQ(outcome(), "waits");
  answer(*first, kFresh);
  EXPECT_EQ(outcome(), "kept");
}

TEST_F(CacheStepTest, HeadIsAnsweredFromWhatGetLeft) {
  use({});
  keep();
  const auto head = get({}, "HEAD");
  EXPECT_EQ(ask(*head), "kept");
  EXPECT_EQ(head->exchange.sent_body, "");
  EXPECT_EQ(head->exchange.sent_length, 5u);
}

TEST_F(CacheStepTest, ClientsThatHaveItGet304) {
  use({});
  keep();
  const auto again = get({{"If-None-Match", "\"one\""}});
  EXPECT_EQ(ask(*again), "kept");
  EXPECT_EQ(again->exchange.status, 304);
  EXPECT_EQ(again->exchange.sent_body, "");
}

TEST_F(CacheStepTest, WishesAreHeardOnlyFromThoseWhoMay) {
  use({});
  keep();
  EXPECT_EQ(outcome({{"Cache-Control", "no-cache"}}), "kept");
  CacheSettings settings;
  settings.invalidators = CacheInvalidators::kAnybody;
  use(settings);
  EXPECT_EQ(outcome({{"Cache-Control", "no-cache"}}), "backend");
  settings.invalidators = CacheInvalidators::kNobody;
  settings.refusal = CacheInvalidationRefusal::kForbid;
  use(settings);
  EXPECT_EQ(outcome({{"Cache-Control", "max-age=0"}}), "cache_invalidation_forbidden");
}

TEST_F(CacheStepTest, WhoWantsOnlyWhatIsKeptIsToldThatNothingIs) {
  use({});
  EXPECT_EQ(outcome({{"Cache-Control", "only-if-cached"}}), "cache_only_if_cached");
  keep();
  EXPECT_EQ(outcome({{"Cache-Control", "only-if-cached"}}), "kept");
}

TEST_F(CacheStepTest, WhatChangesSomethingMakesInvalidWhatWasKept) {
  use({});
  keep();
  const auto invalidation = make_cache_invalidation(cache_, clock_);
  pipeline::Route writes;
  writes.steps = {invalidation};
  Request refused(worker_, writes, "PUT", "/prices");
  answer(refused, {}, "no", 403);
  EXPECT_EQ(outcome(), "kept");
  clock_.advance(1ms);
  Request write(worker_, writes, "PUT", "/prices");
  answer(write, {}, "done", 200);
  clock_.advance(1ms);
  EXPECT_EQ(outcome(), "backend");
}

}  // namespace
}  // namespace gatehouse::middleware
