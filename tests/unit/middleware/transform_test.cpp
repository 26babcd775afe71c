#include "gatehouse/middleware/protected_fields.hpp"
#include "step_fixture.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

using Kind = FieldChange::Kind;

class TransformStepTest : public StepTest {
 protected:
  static FieldChange change(Kind kind, std::string name, const std::string& value = {}) {
    return {kind, std::move(name), *pipeline::ValueTemplate::parse(value, {"id"})};
  }
  void use(std::vector<FieldChange> request, std::vector<FieldChange> response = {}) {
    route_.steps = {make_transform({std::move(request), std::move(response)})};
  }
};

TEST_F(TransformStepTest, SetsAppendsAndRemovesFieldsOfTheRequest) {
  use({change(Kind::kSet, "x-user", "id-$path.id"), change(Kind::kSet, "User-Agent", "gatehouse"),
       change(Kind::kAppend, "Accept", "text/x"), change(Kind::kAppend, "x-tag", "b"), change(Kind::kRemove, "cookie"),
       change(Kind::kRemove, "x-secret")});
  Request request(worker_, route_, "GET", "/orders/7",
                  {{"X-User", "forged"},
                   {"User-Agent", "curl"},
                   {"Accept", "a/b"},
                   {"x-tag", "a"},
                   {"Cookie", "c=d"},
                   {"X-Secret", "s"}});
  request.context.params.push("id", "7");
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.forwarded(), (FieldList{{"Accept", "a/b"},
                                            {"x-tag", "a"},
                                            {"x-user", "id-7"},
                                            {"User-Agent", "gatehouse"},
                                            {"Accept", "text/x"},
                                            {"x-tag", "b"}}));
}

TEST_F(TransformStepTest, SetsAppendsAndRemovesFieldsOfTheAnswer) {
  use({}, {change(Kind::kSet, "x-served-by", "gatehouse"), change(Kind::kSet, "Cache-Control", "no-store"),
           change(Kind::kAppend, "Vary", "x-user"), change(Kind::kRemove, "Server"), change(Kind::kRemove, "x-debug")});
  Request request(worker_, route_, "GET", "/");
  EXPECT_TRUE(request.run({{"X-Served-By", "backend"},
                           {"Cache-Control", "public"},
                           {"Vary", "Accept"},
                           {"Server", "s"},
                           {"X-Debug", "d"}}));
  EXPECT_EQ(
      request.exchange.sent_fields,
      (FieldList{{"Vary", "Accept"}, {"x-served-by", "gatehouse"}, {"Cache-Control", "no-store"}, {"Vary", "x-user"}}));
}

TEST_F(TransformStepTest, ChangesTheGatewaysOwnAnswersToo) {
  use({}, {change(Kind::kSet, "x-served-by", "gatehouse")});
  route_.steps.push_back(make_limits(1));
  Request request(worker_, route_, "POST", "/");
  request.exchange.head().content_length = 2;
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 413);
  EXPECT_EQ(request.field("x-served-by"), "gatehouse");
}

TEST_F(TransformStepTest, RemovesWhatTheClientSentWhenTheNewValueIsEmpty) {
  use({change(Kind::kSet, "x-user", "$query.user"), change(Kind::kAppend, "x-tag", "$query.tag")});
  Request request(worker_, route_, "GET", "/", {{"X-User", "forged"}, {"x-tag", "a"}});
  request.run();
  EXPECT_EQ(request.forwarded(), (FieldList{{"x-tag", "a"}}));
}

TEST_F(TransformStepTest, LetsNoVariableBreakOutOfItsField) {
  use({change(Kind::kSet, "x-user", "$query.user")});
  Request request(worker_, route_, "GET", "/?user=%20a%0d%0aX-Admin:%201%00%7f%09b%20");
  request.run();
  EXPECT_EQ(request.forwarded(), (FieldList{{"x-user", "a  X-Admin: 1  \tb"}}));
}

TEST_F(TransformStepTest, AppliesChangesInTheirOrder) {
  use({change(Kind::kAppend, "x-tag", "a"), change(Kind::kRemove, "X-Tag"), change(Kind::kAppend, "x-tag", "b")});
  Request request(worker_, route_, "GET", "/");
  request.run();
  EXPECT_EQ(request.forwarded(), (FieldList{{"x-tag", "b"}}));
}

TEST(ProtectedFieldsTest, NamesWhatFramingAndRoutingDependOn) {
  for (const char* name : {"host",
                           "Host",
                           "Connection",
                           "keep-alive",
                           "Proxy-Connection",
                           "proxy-authenticate",
                           "Proxy-Authorization",
                           "TE",
                           "Trailer",
                           "Transfer-Encoding",
                           "transfer_encoding",
                           "Upgrade",
                           "Content-Length",
                           "CONTENT_LENGTH",
                           "Expect",
                           "Via",
                           "Date",
                           "HTTP2-Settings",
                           "X-Gatehouse-Connection-Id",
                           "x_gatehouse_route"}) {
    EXPECT_TRUE(is_protected_field(name)) << name;
  }
  for (const char* name :
       {"", "x-user", "Cookie", "Authorization", "Content-Type", "Cache-Control", "Server", "Forwarded",
        "X-Forwarded-For", "X-Forwarded-Prefix", "X-Real-Ip", "X-Request-Id", "hosts", "x-gatehouse"}) {
    EXPECT_FALSE(is_protected_field(name)) << name;
  }
}

}  // namespace
}  // namespace gatehouse::middleware
