// Request heads with one peculiarity each, and what is expected of them. For the tests of the head parser.
#pragma once

#include "head_text.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace gatehouse::http::testing {

struct Refused {
  std::string bytes;
  std::string_view told;  // "400 bare_lf"
};

// However the bytes are cut.
inline void expect_refused(std::initializer_list<Refused> cases) {
  for (const Refused& refused : cases) {
    SCOPED_TRACE(::testing::PrintToString(refused.bytes));
    EXPECT_EQ(tell_request(refused.bytes), refused.told);
  }
}

inline std::string with_fields(std::string_view lines) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}
inline std::string with_target(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
inline std::string with_host(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

inline HeadFeed request_feed() { return HeadFeed(HeadKind::kRequest, kUsualLimits); }

inline RequestHead parse(HeadFeed& feed, std::string_view bytes) {
  EXPECT_EQ(feed.give(bytes), ParseStatus::kComplete) << feed.told();
  return feed.request();
}

}  // namespace gatehouse::http::testing
