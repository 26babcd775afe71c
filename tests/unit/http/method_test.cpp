#include "gatehouse/http/method.hpp"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

TEST(MethodTest, IsWrittenAsItIsRead) {
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost, Method::kPut, Method::kDelete,
                              Method::kConnect, Method::kOptions, Method::kTrace, Method::kPatch}) {
    EXPECT_FALSE(to_string(method).empty());
    EXPECT_EQ(parse_method(to_string(method)), method);
  }
  EXPECT_TRUE(to_string(Method::kOther).empty());
}

TEST(MethodTest, IsOtherForEverythingElse) {
  for (const std::string_view text :
       {"", "get", "Get", "GETS", "GE", "POSTS", "PROPFIND", "DELETED", "OPTION", "CONNECTED", "TRACK"}) {
    EXPECT_EQ(parse_method(text), Method::kOther) << text;
  }
}

TEST(MethodTest, KnowsWhichMayBeRepeated) {
  for (const std::string_view text : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    EXPECT_TRUE(is_idempotent(parse_method(text))) << text;
  for (const std::string_view text : {"POST", "PATCH", "CONNECT", "LOCK"})
    EXPECT_FALSE(is_idempotent(parse_method(text))) << text;
}

TEST(ReasonPhraseTest, ComesFromTheRegistry) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(101), "Switching Protocols");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
}

}  // namespace
}  // namespace gatehouse::http
