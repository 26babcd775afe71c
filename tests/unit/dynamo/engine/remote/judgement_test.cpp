#include "dynamo/engine/remote/judgement.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gatehouse::dynamo {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
constexpr Operation kRead = Operation::kGetItem;
constexpr Operation kWrite = Operation::kPutItem;

TryResult answered(int status, std::string body = "{}") { return {Fate::kAnswered, status, std::move(body), {}}; }
TryResult faulted(int status, const std::string& type) { return answered(status, R"({"message":"m","__type":")" + type + R"("})"); }
TryResult failed(Fate fate) { return {fate, 0, {}, "why"}; }

struct RepeatCase {
  const char* name;
  TryResult result;
  bool read, write;
};

class WorthRepeatingTest : public ::testing::TestWithParam<RepeatCase> {};

TEST_P(WorthRepeatingTest, DependsOnWhatMayHaveBeenDone) {
  EXPECT_EQ(worth_repeating(GetParam().result, kRead), GetParam().read);
  EXPECT_EQ(worth_repeating(GetParam().result, kWrite), GetParam().write);
}

const std::string kPrefix = "com.amazonaws.dynamodb.v20120810#";

INSTANTIATE_TEST_SUITE_P(
    Matrix, WorthRepeatingTest,
    ::testing::Values(
        RepeatCase{"success", answered(200), false, false},
        RepeatCase{"throughput", faulted(400, kPrefix + "ProvisionedThroughputExceededException"), true, true},
        RepeatCase{"throttling", faulted(400, "com.amazon.coral.availability#ThrottlingException"), true, true},
        RepeatCase{"request_limit", faulted(400, "RequestLimitExceeded"), true, true},
        RepeatCase{"limit_is_no_throttling", faulted(400, kPrefix + "LimitExceededException"), false, false},
        RepeatCase{"condition", faulted(400, kPrefix + "ConditionalCheckFailedException"), false, false},
        RepeatCase{"validation", faulted(400, "com.amazon.coral.validate#ValidationException"), false, false},
        RepeatCase{"nested_type_is_not_the_type", answered(400, R"({"a":{"__type":"ThrottlingException"}})"), false, false},
        RepeatCase{"throttling_as_a_message", answered(400, R"({"message":"ThrottlingException"})"), false, false},
        RepeatCase{"not_json", answered(400, "\xff{"), false, false},
        RepeatCase{"too_many_requests", answered(429, "slow down"), true, true},
        RepeatCase{"internal", faulted(500, kPrefix + "InternalServerError"), true, false},
        RepeatCase{"bad_gateway", answered(502, "<html>"), true, false},
        RepeatCase{"unavailable", faulted(503, "ServiceUnavailable"), true, true},
        RepeatCase{"not_sent", failed(Fate::kNotDone), true, true},
        RepeatCase{"broken", failed(Fate::kUnknown), true, false},
        RepeatCase{"unsigned", failed(Fate::kNoCredentials), false, false}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(FinalAnswerTest, IsTheStoresOwnWhereItIsOne) {
  const FinalAnswer answer = final_answer(faulted(400, "ConditionalCheckFailedException"), kWrite);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"message":"m","__type":"ConditionalCheckFailedException"})");
}

TEST(FinalAnswerTest, MayBeEmptyWhenItIsASuccess) {
  const FinalAnswer answer = final_answer(answered(200, ""), Operation::kTagResource);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(final_answer(answered(500, ""), Operation::kTagResource).status, 500);
  EXPECT_NE(final_answer(answered(500, ""), Operation::kTagResource).body, "");
}

TEST(FinalAnswerTest, SaysThatAWriteMayHaveBeenDone) {
  const FinalAnswer answer = final_answer(failed(Fate::kUnknown), kWrite);
  EXPECT_EQ(answer.status, 500);
  const Json json = Json::parse(answer.body);
  EXPECT_NE(json["__type"].get<std::string>().find("InternalServerError"), std::string::npos);
  EXPECT_NE(json["message"].get<std::string>().find("not known"), std::string::npos);
}

TEST(FinalAnswerTest, IsUnavailableForReadsAndForWhatWasNeverSent) {
  EXPECT_EQ(final_answer(failed(Fate::kUnknown), kRead).status, 503);
  EXPECT_EQ(final_answer(failed(Fate::kNotDone), kWrite).status, 503);
  EXPECT_EQ(final_answer(failed(Fate::kNotDone), kRead).status, 503);
}

TEST(FinalAnswerTest, SaysThatThereAreNoCredentials) {
  const FinalAnswer answer = final_answer(failed(Fate::kNoCredentials), kRead);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("credentials"), std::string::npos);
}

TEST(FinalAnswerTest, ShowsNothingOfAServerThatIsNoStore) {
  for (const int status : {200, 404, 500, 502, 503}) {
    const FinalAnswer answer = final_answer(answered(status, "<html>secret</html>"), kWrite);
    EXPECT_TRUE(Json::parse(answer.body).contains("__type")) << status;
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_EQ(answer.status, status == 404 || status == 503 ? 503 : 500) << status;
  }
}

TEST(Crc32Test, ComparesTheSumOfTheBody) {
  EXPECT_TRUE(matches_crc32("2745614147", "{}"));
  EXPECT_FALSE(matches_crc32("2745614147", "{ }"));
  EXPECT_FALSE(matches_crc32("none", "{}"));
  EXPECT_TRUE(matches_crc32("", "{}"));
}

TEST(BackoffTest, DoublesFromFiftyMillisecondsToFiveSeconds) {
  constexpr auto kAll = ~std::uint64_t{0};
  const auto about = [](Duration is, Duration wanted) { return is <= wanted && is > wanted * 999 / 1000; };
  EXPECT_TRUE(about(backoff(1, kAll), 50ms));
  EXPECT_TRUE(about(backoff(2, kAll), 100ms));
  EXPECT_TRUE(about(backoff(5, kAll), 800ms));
  EXPECT_TRUE(about(backoff(8, kAll), 5s));
  EXPECT_TRUE(about(backoff(100, kAll), 5s));
}

TEST(BackoffTest, IsAnythingBelowThat) {
  EXPECT_EQ(backoff(4, 0), Duration::zero());
  const Duration half = backoff(1, std::uint64_t{1} << 63);
  EXPECT_EQ(half, 25ms);
}

}  // namespace
}  // namespace gatehouse::dynamo
