#include "gatehouse/base/json_tree.hpp"
#include "middleware/signed_body.hpp"
#include "waiting_fixture.hpp"

namespace gatehouse::middleware {
namespace {

class BodyValuesTest : public WaitingStepTest {
 protected:
  static pipeline::ValueTemplate value(std::string_view text) {
    return *pipeline::ValueTemplate::parse(text, {}, pipeline::ValueTemplate::PathValues::kDecoded, false,
                                           pipeline::ValueTemplate::BodyValues::kKnown);
  }
  void use(std::uint64_t limit = 1000) {
    TransformSettings settings;
    settings.request = {{FieldChange::Kind::kSet, "x-user", value("$request.body.user.name")}};
    settings.query = {{FieldChange::Kind::kAppend, "item", value("$body.items[0]")}};
    route_.steps = {make_body_values(limit), make_transform(settings)};
  }
  // x-user and the query, as the backend gets them.
  std::string forwarded(const std::string& body, const FieldList& fields = {{"content-type", "application/json"}, {"x-user", "spoofed"}}) {
    Running running(worker_, route_, "POST", "/", fields);
    running.request.exchange.body(body);
    running.request.exchange.end_body();
    if (!run(running)) return std::to_string(running.request.exchange.status) + ' ' + std::string(running.request.context.reason);
    held_ = running.request.context.held_body() != nullptr;
    return find_field(running.request.forwarded(), "x-user").value_or("(none)") + " ?" + std::string(running.request.context.query);
  }

  bool held_ = false;
};

TEST_F(BodyValuesTest, ValuesOfAJsonBodyGoIntoFieldsAndQuery) {
  use();
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada"},"items":["a b","c"]})"), "ada ?item=a%20b");
  EXPECT_TRUE(held_);
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada"}})", {{"content-type", "application/vnd.x+json; charset=utf-8"}}), "ada ?");
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada"}})", {}), "ada ?");
}

TEST_F(BodyValuesTest, WhatIsMissingIsNoValueAndNoneOfTheClientsEither) {
  use();
  for (const char* const body : {"{}", R"({"user":{}})", R"({"user":{"name":null}})", "not json", "", R"({"user":{"name":"a","name":"b"}})", "7"})
    EXPECT_EQ(forwarded(body), "(none) ?") << body;
}

TEST_F(BodyValuesTest, ControlBytesDoNotReachAField) {
  use();
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada\r\nx-admin: 1\u0000"}})"), "ada  x-admin: 1 ?");
  EXPECT_EQ(forwarded(R"({"items":["a&admin=1\r\n"]})"), "(none) ?item=a%26admin%3D1%0D%0A");
}

TEST_F(BodyValuesTest, WhatCannotBeJsonIsNotHeld) {
  use();
  for (const FieldList& fields : {FieldList{{"content-type", "text/plain"}}, FieldList{{"content-type", "application/json"}, {"content-encoding", "gzip"}}}) {
    EXPECT_EQ(forwarded(R"({"user":{"name":"ada"}})", fields), "(none) ?");
    EXPECT_FALSE(held_);
  }
  Request bare(worker_, route_, "GET", "/");
  EXPECT_TRUE(bare.run());
}

TEST_F(BodyValuesTest, ABodyBeyondTheLimitIs413) {
  use(23);
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada"}})"), "ada ?");
  EXPECT_EQ(forwarded(R"({"user":{"name":"ada"}} )"), "413 body_too_large");
}

TEST_F(BodyValuesTest, ABodyThatDoesNotArriveIsRefusedAsSuch) {
  use();
  Running running(worker_, route_, "POST", "/", {{"content-type", "application/json"}});
  running.request.exchange.body("{");
  running.start();
  EXPECT_FALSE(running.done());
  running.request.exchange.fail(http::Failure::kBodyTimeout);
  EXPECT_FALSE(finish(running));
  EXPECT_EQ(running.request.exchange.status, 408);
}

TEST_F(BodyValuesTest, ABodyThatIsSignedInChunksIsReadOutOfThem) {
  use();
  Running running(worker_, route_, "POST", "/", {{"content-type", "application/json"}, {"content-encoding", "aws-chunked"}});
  running.request.exchange.body("17\r\n{\"user\":{\"name\":\"ada\"}}\r\n0\r\n\r\n");
  running.request.exchange.end_body();
  const SignedBodyFacts facts{crypto::SigV4Streaming::kUnsignedTrailers, 23, 1000, {}};
  running.request.context.decode_body(std::make_unique<SignedBody>(facts, crypto::SigV4Chain("", {})));
  EXPECT_TRUE(run(running));
  EXPECT_EQ(find_field(running.request.forwarded(), "x-user"), "ada");
}

}  // namespace
}  // namespace gatehouse::middleware
