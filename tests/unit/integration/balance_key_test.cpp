#include "integration/balance_key.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace gatehouse::integration {
namespace {

using upstream::Balance;
using upstream::HashSource;

class BalanceKeyTest : public ::testing::Test {
 protected:
  std::uint64_t key(const testing::FieldList& fields, const upstream::BalanceSettings& balance,
                    std::string_view client = "192.0.2.1") {
    testing::FakeExchange exchange(worker, "GET", "/", fields);
    pipeline::RequestContext context(exchange, route);
    context.client = *IpAddress::parse(client);
    return balance_key(context, balance);
  }

  net::Worker worker{0};
  pipeline::Route route;
};

TEST_F(BalanceKeyTest, IsNothingWhereNobodyAsks) {
  EXPECT_EQ(key({{"X-User", "a"}}, {Balance::kRoundRobin, HashSource::kHeader, "x-user"}), 0u);
}

TEST_F(BalanceKeyTest, IsTheHeadersValue) {
  const upstream::BalanceSettings by_user{Balance::kHash, HashSource::kHeader, "x-user"};
  EXPECT_EQ(key({{"X-User", "anna"}}, by_user), stable_hash64("anna"));
}

TEST_F(BalanceKeyTest, IsTheCookiesValueWhereverItStands) {
  const upstream::BalanceSettings by_session{Balance::kHash, HashSource::kCookie, "sid"};
  EXPECT_EQ(key({{"Cookie", "a=b; sid=42 ;c=d"}}, by_session), stable_hash64("42"));
  EXPECT_EQ(key({{"Cookie", "xsid=1"}, {"Cookie", "sid=43"}}, by_session), stable_hash64("43"));
}

TEST_F(BalanceKeyTest, WithoutHeaderOrCookieTheAddressDecides) {
  const upstream::BalanceSettings by_address{Balance::kHash, HashSource::kClientIp, ""};
  const upstream::BalanceSettings by_session{Balance::kHash, HashSource::kCookie, "sid"};
  const upstream::BalanceSettings by_user{Balance::kHash, HashSource::kHeader, "x-user"};
  const std::uint64_t address = key({}, by_address);
  EXPECT_NE(address, key({}, by_address, "192.0.2.2"));
  EXPECT_EQ(key({{"Cookie", "a=b"}}, by_session), address);
  EXPECT_EQ(key({}, by_user), address);
}

}  // namespace
}  // namespace gatehouse::integration
