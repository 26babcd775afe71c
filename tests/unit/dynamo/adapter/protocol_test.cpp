#include "gatehouse/dynamo/adapter/protocol.hpp"

#include "dynamo/adapter/compression.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// Answers what it is told, and remembers what it was asked.
class FakeEngine final : public Engine {
 public:
  std::string_view kind() const override { return "fake"; }
  net::Task<void> execute(Call& call) override {
    asked.emplace_back(operation_name(call.operation), call.body);
    if (call.operation == Operation::kDescribeTable && !description.empty()) {
      call.answer += description;
      co_return;
    }
    call.status = status;
    call.answer += answer;
  }
  int execute_blocking(Operation, std::string_view, std::string&) override { return 500; }
  void close() override {}

  std::vector<std::pair<std::string, std::string>> asked;
  int status = 200;
  std::string answer = "{}";
  std::string description;
};

class ProtocolTest : public ::testing::Test {
 protected:
  using Headers = std::map<std::string, std::string>;

  static Headers headers(std::string_view target) {
    return {{"host", "localhost:8000"}, {"x-amz-target", std::string(target)}, {"content-type", "application/x-amz-json-1.0"}};
  }

  void ask(const Headers& fields, std::string_view body, std::string method = "POST", std::string path = "/") {
    std::vector<crypto::SigV4Header> list;
    for (const auto& [name, value] : fields) list.push_back({name, value});
    const auto host = fields.find("host");
    const HttpRequest request{method, path, "", host == fields.end() ? "" : std::string_view(host->second), list, body};
    const Protocol protocol(settings, engine, clock);
    answer = HttpAnswer();
    buffers.clear();
    net::Task<void> task = protocol.serve(request, worker, waiter, TimePoint::max(), arena, buffers, answer);
    task.start();
    ASSERT_TRUE(task.done());
    task.take();
    access_key = answer.access_key;  // lives in the protocol
    EXPECT_EQ(answer.crc32, crc32(answer.body));
    for (const char c : answer.request_id) EXPECT_TRUE((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
  }

  // As an SDK would send it.
  Headers signed_headers(std::string_view target, std::string_view body, std::string_view id = "app",
                         std::string_view secret = "app-secret") {
    Headers fields = headers(target);
    const crypto::SigV4Signer signer{std::string(id), std::string(secret), token, "eu-west-1", "dynamodb"};
    if (!token.empty()) fields["x-amz-security-token"] = token;
    std::vector<crypto::SigV4Header> list;
    for (const auto& [name, value] : fields)
      if (name != "x-amz-security-token") list.push_back({name, value});
    crypto::SigV4Signature signature;
    signer.sign("POST", "/", "", list, crypto::sha256_hex(body), clock.wall(), signature);
    fields["x-amz-date"] = signature.time;
    fields["authorization"] = signature.authorization;
    return fields;
  }

  void want_keys() {
    settings.access_keys = {{"app", "app-secret", "", {"*"}, {"*"}, {}}};
    settings.without_signature = Unsigned::kRefused;
  }
  std::string type() const {
    const std::string text(answer.body);
    const auto hash = text.find('#');
    return hash == std::string::npos ? "" : text.substr(hash + 1, text.find('"', hash) - hash - 1);
  }

  net::Worker worker{0};
  net::Waiter waiter{worker.ready()};
  ManualClock clock;
  Arena arena;
  Buffers buffers;
  HttpAnswer answer;
  std::string access_key;
  std::string token;
  std::shared_ptr<FakeEngine> engine = std::make_shared<FakeEngine>();
  ProtocolSettings settings{{}, Unsigned::kLoopback};
};

TEST_F(ProtocolTest, HandsTheOperationAndItsBodyToTheEngine) {
  engine->answer = R"({"Item":{}})";
  ask(headers("DynamoDB_20120810.GetItem"), R"( {"TableName":"notes"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.reason, "ok");
  EXPECT_EQ(answer.body, R"({"Item":{}})");
  EXPECT_EQ(answer.content_type, "application/x-amz-json-1.0");
  ASSERT_EQ(engine->asked.size(), 1U);
  EXPECT_EQ(engine->asked[0].first, "GetItem");
  EXPECT_EQ(engine->asked[0].second, R"( {"TableName":"notes"})");
}

TEST_F(ProtocolTest, ServesStreamsOnTheSameEndpoint) {
  ask(headers("DynamoDBStreams_20120810.ListStreams"), "{}");
  EXPECT_EQ(engine->asked.at(0).first, "ListStreams");
}

TEST_F(ProtocolTest, PassesOnWhatTheEngineRefuses) {
  engine->status = 400;
  engine->answer = R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"})";
  ask(headers("DynamoDB_20120810.GetItem"), "{}");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.reason, "dynamodb_refused");
  EXPECT_EQ(type(), "ResourceNotFoundException");
}

TEST_F(ProtocolTest, GivesEveryRequestAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ask(headers("DynamoDB_20120810.GetItem"), "{}");
    ids.emplace(answer.request_id.data(), answer.request_id.size());
  }
  EXPECT_EQ(ids.size(), 100U);
}

TEST_F(ProtocolTest, IsHealthyOnGet) {
  ask({{"host", "localhost:8000"}}, "", "GET");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "healthy: dynamodb.localhost ");
  EXPECT_TRUE(engine->asked.empty());
}

TEST_F(ProtocolTest, OtherMethodsAndContentTypesAreNotTheProtocol) {
  for (const std::string method : {"PUT", "DELETE", "OPTIONS", "PATCH"}) {
    ask(headers("DynamoDB_20120810.GetItem"), "{}", method);
    EXPECT_EQ(answer.status, 404) << method;
    EXPECT_EQ(type(), "UnknownOperationException");
  }
  ask(headers("DynamoDB_20120810.GetItem"), "", "GET", "/other");
  EXPECT_EQ(answer.status, 404);
  for (const std::string content : {"", "application/json", "text/plain", "application/x-amz-json-1.1"}) {
    Headers fields = headers("DynamoDB_20120810.GetItem");
    fields["content-type"] = content;
    ask(fields, "{}");
    EXPECT_EQ(answer.status, 404) << content;
    EXPECT_EQ(answer.body, R"({"__type":"com.amazon.coral.service#UnknownOperationException"})");
  }
  Headers fields = headers("DynamoDB_20120810.GetItem");
  fields["content-type"] = "application/x-amz-json-1.0; charset=utf-8";
  ask(fields, "{}");
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ProtocolTest, UnknownOperationsAreRefused) {
  for (const std::string target : {"", "GetItem", "DynamoDB_20120810.", "DynamoDB_20120810.GetItems", "DynamoDB_20111205.GetItem",
                                   "DynamoDBStreams_20120810.GetItem"}) {
    ask(headers(target), "{}");
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_EQ(type(), "UnknownOperationException") << target;
  }
  EXPECT_TRUE(engine->asked.empty());
}

TEST_F(ProtocolTest, BodiesThatAreNoObjectAreRefused) {
  for (const std::string body : {"", "null", "[]", "\"x\"", "5", "  ", "not json"}) {
    ask(headers("DynamoDB_20120810.GetItem"), body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(type(), "SerializationException") << body;
  }
  EXPECT_TRUE(engine->asked.empty());
}

TEST_F(ProtocolTest, InflatesBodies) {
  const std::string body = R"({"TableName":")" + std::string(5000, 'x') + "\"}";
  std::string packed;
  ASSERT_TRUE(compress(Coding::kGzip, body, packed));
  Headers fields = headers("DynamoDB_20120810.GetItem");
  fields["content-encoding"] = "gzip";
  ask(fields, packed);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(engine->asked.at(0).second, body);

  ask(fields, body);
  EXPECT_EQ(type(), "SerializationException");
  fields["content-encoding"] = "br";
  ask(fields, body);
  EXPECT_EQ(answer.status, 415);
}

TEST_F(ProtocolTest, ABombIsTooLarge) {
  std::string packed;
  ASSERT_TRUE(compress(Coding::kGzip, std::string(kMaxBody + 1, ' '), packed));
  Headers fields = headers("DynamoDB_20120810.GetItem");
  fields["content-encoding"] = "gzip";
  ask(fields, packed);
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(engine->asked.empty());
}

TEST_F(ProtocolTest, CompressesLargeAnswersForWhoTakesThem) {
  engine->answer = R"({"Items":")" + std::string(10'000, 'y') + "\"}";
  Headers fields = headers("DynamoDB_20120810.Scan");
  ask(fields, "{}");
  EXPECT_EQ(answer.content_encoding, "");
  EXPECT_EQ(answer.body, engine->answer);
  fields["accept-encoding"] = "gzip, deflate";
  ask(fields, "{}");
  EXPECT_EQ(answer.content_encoding, "gzip");
  std::string plain;
  ASSERT_EQ(inflate(Coding::kGzip, answer.body, kMaxBody, plain), Inflated::kDone);
  EXPECT_EQ(plain, engine->answer);
  engine->answer = "{}";
  ask(fields, "{}");
  EXPECT_EQ(answer.content_encoding, "");
}

TEST_F(ProtocolTest, WithoutKeysThisMachineAloneIsServed) {
  for (const std::string host : {"localhost", "localhost:8000", "127.0.0.1:1", "127.8.9.1", "[::1]:8000", "tables.localhost:80"}) {
    Headers fields = headers("DynamoDB_20120810.GetItem");
    fields["host"] = host;
    ask(fields, "{}");
    EXPECT_EQ(answer.status, 200) << host;
  }
  for (const std::string host : {"", "evil.example.com", "evil.example.com:8000", "localhost.evil.com", "10.0.0.1:8000", "[::2]:8000", "["}) {
    Headers fields = headers("DynamoDB_20120810.GetItem");
    fields["host"] = host;
    ask(fields, "{}");
    EXPECT_EQ(type(), "AccessDeniedException") << host;
  }
  settings.without_signature = Unsigned::kAccepted;
  Headers fields = headers("DynamoDB_20120810.GetItem");
  fields["host"] = "evil.example.com";
  ask(fields, "{}");
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ProtocolTest, KnowsWhoSigned) {
  want_keys();
  ask(signed_headers("DynamoDB_20120810.GetItem", "{}"), "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(access_key, "app");
}

TEST_F(ProtocolTest, SaysWhatIsWrongWithASignatureAsTheServiceDoes) {
  want_keys();
  ask(headers("DynamoDB_20120810.GetItem"), "{}");
  EXPECT_EQ(type(), "MissingAuthenticationTokenException");
  EXPECT_EQ(answer.reason, "sigv4_missing");

  ask(signed_headers("DynamoDB_20120810.GetItem", "{}", "stranger"), "{}");
  EXPECT_EQ(type(), "UnrecognizedClientException");
  EXPECT_NE(answer.body.find("The security token included in the request is invalid."), std::string::npos);

  ask(signed_headers("DynamoDB_20120810.GetItem", "{}", "app", "guess"), "{}");
  EXPECT_EQ(type(), "InvalidSignatureException");

  ask(signed_headers("DynamoDB_20120810.GetItem", "{}"), "{ }");
  EXPECT_EQ(type(), "InvalidSignatureException");

  Headers fields = signed_headers("DynamoDB_20120810.GetItem", "{}");
  fields["authorization"] = "AWS4-HMAC-SHA256 Signature=x";
  ask(fields, "{}");
  EXPECT_EQ(type(), "IncompleteSignatureException");

  fields = signed_headers("DynamoDB_20120810.GetItem", "{}");
  clock.advance(std::chrono::minutes(16));
  ask(fields, "{}");
  EXPECT_EQ(type(), "InvalidSignatureException");
  EXPECT_EQ(answer.reason, "sigv4_expired");
  EXPECT_TRUE(engine->asked.empty());
}

TEST_F(ProtocolTest, SignaturesCoverTheBytesAsSent) {
  want_keys();
  std::string packed;
  ASSERT_TRUE(compress(Coding::kGzip, R"({"TableName":")" + std::string(500, 'x') + "\"}", packed));
  Headers fields = signed_headers("DynamoDB_20120810.GetItem", packed);
  fields["content-encoding"] = "gzip";
  ask(fields, packed);
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ProtocolTest, SessionTokensMustBeTheKeysOwn) {
  want_keys();
  settings.access_keys[0].session_token = "temporary";
  ask(signed_headers("DynamoDB_20120810.GetItem", "{}"), "{}");
  EXPECT_EQ(type(), "UnrecognizedClientException");
  token = "temporarz";
  ask(signed_headers("DynamoDB_20120810.GetItem", "{}"), "{}");
  EXPECT_EQ(type(), "UnrecognizedClientException");
  token = "temporary";
  ask(signed_headers("DynamoDB_20120810.GetItem", "{}"), "{}");
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ProtocolTest, HoldsKeysToTheirPolicy) {
  want_keys();
  settings.access_keys[0].tables = {"notes"};
  const std::string mine = R"({"TableName":"notes","Key":{}})";
  const std::string other = R"({"TableName":"other","Key":{}})";
  ask(signed_headers("DynamoDB_20120810.GetItem", mine), mine);
  EXPECT_EQ(answer.status, 200);
  ask(signed_headers("DynamoDB_20120810.GetItem", other), other);
  EXPECT_EQ(type(), "AccessDeniedException");
  EXPECT_EQ(answer.reason, "dynamodb_access_denied");
  EXPECT_EQ(engine->asked.size(), 1U);
}

TEST_F(ProtocolTest, AsksTheEngineWhichAttributeIsThePartition) {
  want_keys();
  settings.access_keys[0].leading_keys = {"ann"};
  engine->description = R"({"Table":{"KeySchema":[{"AttributeName":"owner","KeyType":"HASH"}]}})";
  engine->answer = R"({"Item":1})";
  const std::string mine = R"({"TableName":"notes","Key":{"owner":{"S":"ann"}}})";
  const std::string other = R"({"TableName":"notes","Key":{"owner":{"S":"bob"}}})";
  ask(signed_headers("DynamoDB_20120810.GetItem", mine), mine);
  EXPECT_EQ(answer.body, R"({"Item":1})");
  ask(signed_headers("DynamoDB_20120810.GetItem", other), other);
  EXPECT_EQ(type(), "AccessDeniedException");
  engine->description = R"({"__type":"x"})";  // no schema: nothing can be decided
  ask(signed_headers("DynamoDB_20120810.GetItem", mine), mine);
  EXPECT_EQ(type(), "AccessDeniedException");
}

TEST(BuffersTest, LargeOnesAreNotKept) {
  const std::string* kept = nullptr;
  {
    const BufferLease lease;
    lease->answer.assign(1'000'000, 'x');
    lease->received.assign(1000, 'x');
    kept = &lease->answer;
  }
  const BufferLease again;
  EXPECT_EQ(&again->answer, kept);
  EXPECT_LT(again->answer.capacity(), 1000U);
  EXPECT_GE(again->received.capacity(), 1000U);
  EXPECT_TRUE(again->received.empty());
}

}  // namespace
}  // namespace gatehouse::dynamo
