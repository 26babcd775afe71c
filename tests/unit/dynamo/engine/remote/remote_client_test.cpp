// The way of a call to a scripted store and back: what is sent, what is tried again, what is told.
#include "dynamo/engine/remote/remote_client.hpp"

#include "gatehouse/crypto/sigv4.hpp"
#include "gatehouse/dynamo/engine/remote_engine.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "unit/dynamo/engine/call_flight.hpp"
#include "unit/dynamo/engine/remote/scripted_store.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace gatehouse::dynamo {
namespace {

using namespace std::chrono_literals;
using testing::Asked;
using testing::fault;
using testing::Reaction;
using testing::ScriptedStore;
using net::testing::RunningWorker;
using Flight = testing::CallFlight<RemoteClient>;
using Then = Reaction::Then;

RemoteSettings settings_for(const std::vector<std::string>& endpoints) {
  RemoteSettings settings;
  settings.endpoints = endpoints;
  settings.region = "eu-central-1";
  settings.access_key = "AKIDEXAMPLE";
  settings.secret_key = "secret";
  settings.attempts = 3;
  settings.timeout = 20s;
  return settings;
}

std::unique_ptr<RemoteClient> open_client(const RemoteSettings& settings, RemoteOptions options = {}) {
  static const SystemClock clock;
  return RemoteClient::open(settings, std::move(options), clock).value();
}

struct Told {
  int status = 0;
  std::string body;
};

Told ask(RemoteClient& client, Operation operation, std::string_view body = "{}") {
  Told told;
  told.status = client.execute_blocking(operation, body, told.body);
  return told;
}

// Reacts with the first, then the second, …; the last one stays.
ScriptedStore::Script in_turn(std::vector<Reaction> reactions) {
  return [reactions = std::move(reactions), next = std::size_t{0}](const Asked&) mutable {
    return reactions[std::min(next++, reactions.size() - 1)];
  };
}

// Nothing, or why the signature is refused.
std::string signature_problem(const Asked& asked, const std::string& secret) {
  std::vector<crypto::SigV4Header> headers;
  for (const auto& [name, value] : asked.fields) headers.push_back({name, value});
  const crypto::SigV4Request request{asked.method, asked.path, {}, headers, asked.body};
  Arena arena;
  const auto claim = crypto::read_sigv4_claim(request, arena);
  if (!claim) return claim.error().message;
  const auto verdict =
      crypto::verify_sigv4(request, *claim, {secret, "dynamodb", "eu-central-1", std::chrono::system_clock::now()});
  return verdict ? "" : verdict.error().message;
}

TEST(RemoteClientTest, SendsSignedRequestsOfTheProtocol) {
  ScriptedStore store([](const Asked&) { return Reaction{200, R"({"Item":{}})", {}}; });
  const auto client = open_client(settings_for({store.url()}));
  const Told told = ask(*client, Operation::kGetItem, R"({"TableName":"t"})");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, R"({"Item":{}})");
  const Asked asked = store.asked().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.path, "/");
  EXPECT_EQ(asked.body, R"({"TableName":"t"})");
  EXPECT_EQ(asked.field("x-amz-target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(asked.field("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(asked.field("host"), "127.0.0.1:" + std::to_string(store.port()));
  EXPECT_EQ(asked.field("x-amz-security-token"), "");
  EXPECT_EQ(signature_problem(asked, "secret"), "");
  EXPECT_NE(signature_problem(asked, "another"), "");
}

TEST(RemoteClientTest, SignsTheSessionToken) {
  ScriptedStore store([](const Asked&) { return Reaction{}; });
  RemoteSettings settings = settings_for({store.url()});
  settings.session_token = "temporary/token=";
  ask(*open_client(settings), Operation::kListTables);
  const Asked asked = store.asked().at(0);
  EXPECT_EQ(asked.field("x-amz-security-token"), "temporary/token=");
  EXPECT_EQ(signature_problem(asked, "secret"), "");
}

TEST(RemoteClientTest, AsksForStreamsUnderTheirOwnTarget) {
  ScriptedStore store([](const Asked&) { return Reaction{}; });
  const auto client = open_client(settings_for({store.url()}));
  ask(*client, Operation::kGetRecords);
  EXPECT_EQ(store.asked().at(0).field("x-amz-target"), "DynamoDBStreams_20120810.GetRecords");
}

TEST(RemoteClientTest, SendsAndTakesMegabytes) {
  const std::string large(5'000'000, 'x');
  ScriptedStore store([&](const Asked& asked) { return Reaction{200, "{\"echo\":\"" + asked.body + "\"}", {}}; });
  const auto client = open_client(settings_for({store.url()}));
  const Told told = ask(*client, Operation::kBatchWriteItem, large);
  EXPECT_EQ(told.status, 200);
  EXPECT_TRUE(told.body == "{\"echo\":\"" + large + "\"}") << told.body.size();
}

struct RetryCase {
  const char* name;
  Reaction first;
  bool read_again, write_again;
  int write_status;  // told when it is not sent again
};

class RetryTest : public ::testing::TestWithParam<RetryCase> {
 protected:
  ScriptedStore store_{in_turn({GetParam().first, Reaction{200, R"({"second":true})", {}}})};
  std::unique_ptr<RemoteClient> client_ = open_client(settings_for({store_.url()}));
};

TEST_P(RetryTest, OfARead) {
  const Told told = ask(*client_, Operation::kQuery);
  EXPECT_EQ(store_.count(), GetParam().read_again ? 2U : 1U);
  EXPECT_EQ(told.status, GetParam().read_again ? 200 : GetParam().first.status);
}

TEST_P(RetryTest, OfAWrite) {
  const Told told = ask(*client_, Operation::kPutItem);
  EXPECT_EQ(store_.count(), GetParam().write_again ? 2U : 1U);
  EXPECT_EQ(told.status, GetParam().write_again ? 200 : GetParam().write_status);
  if (GetParam().first.then == Then::kAnswer || GetParam().write_again) return;
  EXPECT_NE(told.body.find("not known"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Matrix, RetryTest,
                         ::testing::Values(RetryCase{"throughput", fault(400, "ProvisionedThroughputExceededException"), true, true, 0},
                                           RetryCase{"throttling", fault(400, "ThrottlingException"), true, true, 0},
                                           RetryCase{"request_limit", fault(400, "RequestLimitExceeded"), true, true, 0},
                                           RetryCase{"unavailable", fault(503, "ServiceUnavailable"), true, true, 0},
                                           RetryCase{"internal", fault(500, "InternalServerError"), true, false, 500},
                                           RetryCase{"condition", fault(400, "ConditionalCheckFailedException"), false, false, 400},
                                           RetryCase{"limit", fault(400, "LimitExceededException"), false, false, 400},
                                           RetryCase{"closed", {200, "{}", {}, Then::kClose}, true, false, 500},
                                           RetryCase{"cut", {200, "{}", {}, Then::kCut}, true, false, 500},
                                           RetryCase{"wrong_sum", {200, "{}", "1"}, true, false, 500}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(RemoteClientTest, TakesAnswersWithTheRightSum) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{\"a\":1}", std::to_string(crc32("{\"a\":1}"))}; });
  EXPECT_EQ(ask(*open_client(settings_for({store.url()})), Operation::kPutItem).status, 200);
  EXPECT_EQ(store.count(), 1U);
}

TEST(RemoteClientTest, GivesUpAfterTheAttemptsWithTheLastAnswerAsItCame) {
  ScriptedStore store([](const Asked&) { return fault(400, "ThrottlingException"); });
  const Told told = ask(*open_client(settings_for({store.url()})), Operation::kPutItem);
  EXPECT_EQ(store.count(), 3U);
  EXPECT_EQ(told.status, 400);
  EXPECT_EQ(told.body, fault(400, "ThrottlingException").body);
}

TEST(RemoteClientTest, TriesAHangingReadOnceMoreInTheSecondHalfOfItsTime) {
  ScriptedStore store(in_turn({Reaction{200, "{}", {}, Then::kHang}, Reaction{}}));
  RemoteSettings settings = settings_for({store.url()});
  settings.timeout = 2s;
  EXPECT_EQ(ask(*open_client(settings), Operation::kGetItem).status, 200);
  EXPECT_EQ(store.count(), 2U);
}

TEST(RemoteClientTest, EndsAtTheTimeout) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{}", {}, Then::kHang}; });
  RemoteSettings settings = settings_for({store.url()});
  settings.timeout = 300ms;
  const auto client = open_client(settings);
  const Told write = ask(*client, Operation::kUpdateItem);
  EXPECT_EQ(write.status, 500);
  EXPECT_NE(write.body.find("not known"), std::string::npos);
  EXPECT_EQ(store.count(), 1U);
  EXPECT_EQ(ask(*client, Operation::kGetItem).status, 503);
}

TEST(RemoteClientTest, EndsAtTheDeadlineOfTheCall) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{}", {}, Then::kHang}; });
  const auto client = open_client(settings_for({store.url()}));
  net::testing::RunningWorker worker;
  const auto begin = std::chrono::steady_clock::now();
  Flight flight(worker, *client, Operation::kPutItem, "{}", begin + 200ms);
  EXPECT_EQ(flight.status(), 500);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
}

TEST(RemoteClientTest, GoesToAnotherNodeWhenOneIsGone) {
  ScriptedStore gone([](const Asked&) { return Reaction{}; });
  ScriptedStore alive([](const Asked&) { return Reaction{}; });
  gone.stop();
  const auto client = open_client(settings_for({gone.url(), alive.url()}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(*client, Operation::kPutItem).status, 200);
  EXPECT_EQ(alive.count(), 20U);
}

TEST(RemoteClientTest, RepeatsAReadOnAnotherNode) {
  ScriptedStore broken([](const Asked&) { return fault(500, "InternalServerError"); });
  ScriptedStore sound([](const Asked&) { return Reaction{}; });
  const auto client = open_client(settings_for({broken.url(), sound.url()}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(*client, Operation::kGetItem).status, 200);
  EXPECT_GT(broken.count(), 0U);
}

TEST(RemoteClientTest, SaysThatNoNodeCanBeReached) {
  ScriptedStore gone([](const Asked&) { return Reaction{}; });
  gone.stop();
  const Told told = ask(*open_client(settings_for({gone.url()})), Operation::kPutItem);
  EXPECT_EQ(told.status, 503);
  EXPECT_EQ(told.body.find("127.0.0.1"), std::string::npos);
}

TEST(RemoteClientTest, SaysThatThereAreNoCredentials) {
  ScriptedStore store([](const Asked&) { return Reaction{}; });
  RemoteSettings settings = settings_for({store.url()});
  settings.access_key.clear();
  RemoteOptions options;
  options.environment = [](const char* name) {
    return std::string_view(name) == "AWS_EC2_METADATA_DISABLED" ? std::optional<std::string>("true") : std::nullopt;
  };
  const Told told = ask(*open_client(settings, options), Operation::kGetItem);
  EXPECT_EQ(told.status, 503);
  EXPECT_NE(told.body.find("no credentials"), std::string::npos);
  EXPECT_EQ(store.count(), 0U);
}

TEST(RemoteClientTest, RunsManyCallsOfSeveralWorkersAtOnce) {
  ScriptedStore store([](const Asked& asked) { return Reaction{200, "{\"echo\":" + asked.body + "}", {}}; });
  const auto client = open_client(settings_for({store.url()}));
  net::testing::RunningWorker one, two;
  std::vector<std::unique_ptr<Flight>> flights;
  for (int i = 0; i < 100; ++i)
    flights.push_back(std::make_unique<Flight>(i % 2 == 0 ? one : two, *client, Operation::kGetItem, std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(flights[static_cast<std::size_t>(i)]->answer(), "{\"echo\":" + std::to_string(i) + "}");
}

TEST(RemoteClientTest, RefusesWhatIsBeyondItsBounds) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{}", {}, Then::kHang}; });
  RemoteOptions options;
  options.most_jobs = 2;
  options.most_bytes = 100;
  const auto client = open_client(settings_for({store.url()}), options);
  net::testing::RunningWorker worker;
  const std::string large(101, 'x');
  EXPECT_EQ(ask(*client, Operation::kPutItem, large).status, 503);
  Flight first(worker, *client, Operation::kPutItem);
  Flight second(worker, *client, Operation::kPutItem);
  ASSERT_TRUE(store.wait_for(2));
  Flight third(worker, *client, Operation::kPutItem);
  EXPECT_EQ(third.status(), 503);
  EXPECT_NE(third.answer().find("Too many"), std::string::npos);
}

TEST(RemoteClientTest, OutlivesACallThatIsGivenUp) {
  std::atomic<int> answered = 0;
  ScriptedStore store([&](const Asked&) {
    ++answered;
    return fault(400, "ThrottlingException");
  });
  RemoteSettings settings = settings_for({store.url()});
  settings.attempts = 100;
  const auto client = open_client(settings);
  net::testing::RunningWorker worker;
  for (int i = 0; i < 20; ++i) {
    const auto before = store.count();
    Flight flight(worker, *client, Operation::kPutItem, std::string(1000, 'x'));
    ASSERT_TRUE(store.wait_for(before + 1));
  }
  // Nobody waits for these any more: they are not repeated for ever, and the engine serves on.
  Flight last(worker, *client, Operation::kPutItem, "{}", std::chrono::steady_clock::now() + 1s);
  EXPECT_EQ(last.status(), 400);
}

TEST(RemoteClientTest, OutlivesTheWorkerOfACallThatIsGivenUp) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{}", {}, Then::kHang}; });
  RemoteSettings settings = settings_for({store.url()});
  settings.timeout = 200ms;
  const auto client = open_client(settings);
  {
    net::testing::RunningWorker worker;
    Flight flight(worker, *client, Operation::kPutItem);
    ASSERT_TRUE(store.wait_for(1));
  }
  EXPECT_EQ(ask(*client, Operation::kPutItem).status, 500);
}

TEST(RemoteClientTest, EndsWhatRunsWhenItIsClosed) {
  ScriptedStore store([](const Asked&) { return Reaction{200, "{}", {}, Then::kHang}; });
  const auto client = open_client(settings_for({store.url()}));
  net::testing::RunningWorker worker;
  Flight write(worker, *client, Operation::kPutItem);
  Flight read(worker, *client, Operation::kGetItem);
  ASSERT_TRUE(store.wait_for(2));
  client->close();
  EXPECT_EQ(write.status(), 500);
  EXPECT_EQ(read.status(), 503);
  EXPECT_NE(write.answer().find("not known"), std::string::npos);
}

TEST(RemoteClientTest, RefusesCallsAfterItWasClosed) {
  ScriptedStore store([](const Asked&) { return Reaction{}; });
  const auto client = open_client(settings_for({store.url()}));
  client->close();
  client->close();
  EXPECT_EQ(ask(*client, Operation::kGetItem).status, 503);
  EXPECT_EQ(store.count(), 0U);
}

TEST(RemoteClientTest, FindsTheOtherNodesOfACluster) {
  std::atomic<bool> told = false;
  ScriptedStore store([&](const Asked& asked) {
    if (asked.path != "/localnodes") return Reaction{};
    told = true;
    return Reaction{200, R"(["127.0.0.1","127.0.0.1"])", {}};
  });
  RemoteSettings settings = settings_for({"http://localhost:" + std::to_string(store.port())});
  settings.discover_nodes = true;
  const auto client = open_client(settings);
  ASSERT_TRUE(store.wait_for(1));
  EXPECT_TRUE(told);
  const std::string found = "127.0.0.1:" + std::to_string(store.port());
  std::string host;
  for (int i = 0; i < 1000 && host != found; ++i) {
    ASSERT_EQ(ask(*client, Operation::kGetItem).status, 200);
    host = store.asked().back().field("host");
  }
  EXPECT_EQ(host, found);
}

TEST(RemoteEngineTest, IsTheClientBehindTheSeam) {
  ScriptedStore store([](const Asked&) { return Reaction{200, R"({"TableNames":[]})", {}}; });
  const SystemClock clock;
  const auto engine = RemoteEngine::open(settings_for({store.url()}), clock).value();
  std::string answer = "before ";
  EXPECT_EQ(engine->kind(), "remote");
  EXPECT_EQ(engine->execute_blocking(Operation::kListTables, "{}", answer), 200);
  EXPECT_EQ(answer, R"(before {"TableNames":[]})");
  engine->close();
}

TEST(RemoteEngineTest, RefusesWhatIsNoUrl) {
  const SystemClock clock;
  for (const char* url : {"scylla-1:8000", "ftp://a", "http://", "http://a/path", "http://a:99999"}) {
    const auto engine = RemoteEngine::open(settings_for({url}), clock);
    ASSERT_FALSE(engine) << url;
    EXPECT_NE(engine.error().message().find(url), std::string::npos);
  }
}

TEST(RemoteEngineTest, NamesTheTlsFileThatCannotBeUsed) {
  const SystemClock clock;
  RemoteSettings settings = settings_for({"https://localhost:1"});
  settings.ca_file = "/nonexistent/ca.pem";
  const auto engine = RemoteEngine::open(settings, clock);
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().message().find("ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::dynamo
