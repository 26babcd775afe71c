#include "gateway/arrival.hpp"

#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using testing::FakeExchange;
using testing::FieldList;

class ArrivalTest : public ::testing::Test {
 protected:
  ArrivalTest() { trusted.add("10.0.0.0/8"); }

  Arrival arrive(const std::string& peer, const FieldList& fields, const std::string& target = "/") {
    exchange = std::make_unique<FakeExchange>(worker, "GET", target, fields);
    exchange->peer_facts().remote.address = *IpAddress::parse(peer);
    return look_at(*exchange, trusted);
  }

  net::Worker worker{0};
  IpSet trusted;
  std::unique_ptr<FakeExchange> exchange;
};

TEST_F(ArrivalTest, BelievesNothingFromAnUntrustedPeer) {
  const Arrival arrival = arrive("192.0.2.7", {{"Host", "shop.test"},
                                               {"X-Forwarded-For", "203.0.113.9"},
                                               {"X-Forwarded-Proto", "https"},
                                               {"X-Forwarded-Host", "admin.test"}});
  EXPECT_FALSE(arrival.peer_trusted);
  EXPECT_EQ(arrival.client.to_string(), "192.0.2.7");
  EXPECT_EQ(arrival.scheme, "http");
  EXPECT_EQ(arrival.host, "shop.test");
}

TEST_F(ArrivalTest, FindsTheClientBehindATrustedProxy) {
  const Arrival arrival = arrive("10.1.2.3", {{"Host", "internal"},
                                              {"X-Forwarded-For", "203.0.113.9"},
                                              {"X-Forwarded-Proto", "https"},
                                              {"X-Forwarded-Host", "shop.test"}});
  EXPECT_TRUE(arrival.peer_trusted);
  EXPECT_EQ(arrival.client.to_string(), "203.0.113.9");
  EXPECT_EQ(arrival.scheme, "https");
  EXPECT_EQ(arrival.host, "shop.test");
}

TEST_F(ArrivalTest, StopsAtTheNearestHopThatIsNotOurs) {
  const Arrival arrival = arrive("10.1.2.3", {{"X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.9.9.9"}});
  EXPECT_EQ(arrival.client.to_string(), "203.0.113.9");
}

TEST_F(ArrivalTest, ReadsRepeatedForwardedForFieldsFromTheLast) {
  const Arrival arrival = arrive("10.1.2.3", {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.5.5.5"}});
  EXPECT_EQ(arrival.client.to_string(), "203.0.113.9");
}

TEST_F(ArrivalTest, StopsAtAHopThatIsNoAddress) {
  const Arrival arrival = arrive("10.1.2.3", {{"X-Forwarded-For", "203.0.113.9, unknown, 10.5.5.5"}});
  EXPECT_EQ(arrival.client.to_string(), "10.5.5.5");
}

TEST_F(ArrivalTest, IgnoresASchemeThatIsNeitherHttpNorHttps) {
  EXPECT_EQ(arrive("10.1.2.3", {{"X-Forwarded-Proto", "gopher"}}).scheme, "http");
}

TEST_F(ArrivalTest, KeepsAPlainRequestIdAndReplacesAnyOther) {
  EXPECT_EQ(arrive("192.0.2.7", {{"X-Request-Id", "abc-123_x.Y"}}).request_id, "abc-123_x.Y");
  for (const std::string& bad : {std::string("has space"), std::string("quote\""), std::string(129, 'a'), std::string()}) {
    const Arrival arrival = arrive("192.0.2.7", {{"X-Request-Id", bad}});
    EXPECT_EQ(arrival.request_id.size(), 32u) << bad;
    EXPECT_NE(arrival.request_id, bad);
  }
}

TEST_F(ArrivalTest, MakesADifferentRequestIdEachTime) {
  const std::string first(arrive("192.0.2.7", {}).request_id);
  EXPECT_NE(arrive("192.0.2.7", {}).request_id, first);
}

TEST_F(ArrivalTest, NormalisesThePath) {
  EXPECT_EQ(arrive("192.0.2.7", {}, "/a/../b//%7Ec").path, "/b/~c");
  EXPECT_EQ(arrive("192.0.2.7", {}, "/a%zz").path, std::nullopt);
}

}  // namespace
}  // namespace gatehouse::gateway
