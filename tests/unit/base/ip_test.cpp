#include "gatehouse/base/ip.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gatehouse {
namespace {

TEST(IpAddressTest, ParsesAndPrintsCanonically) {
  const std::pair<const char*, const char*> table[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:10.1.2.3", "10.1.2.3"},
      {"::ffff:0a01:0203", "10.1.2.3"},
      {"fe80::1:2", "fe80::1:2"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& [text, canonical] : table) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), canonical);
  }
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("1.2.3"), std::string_view("1.2.3.4.5"), std::string_view("256.0.0.1"),
        std::string_view("01.2.3.4"), std::string_view("1.2.3.4 "), std::string_view(" 1.2.3.4"),
        std::string_view("1.2.3.4/8"), std::string_view("[::1]"), std::string_view(":::"), std::string_view("1::2::3"),
        std::string_view("fe80::1%eth0"), std::string_view("12345::"), std::string_view("localhost"),
        std::string_view("0x7f.0.0.1"), std::string_view("2130706433"), std::string_view("1.2.3.4\0", 8),
        std::string_view("::ffff:1.2.3.4::ffff:1.2.3.4::ffff:1.2.3.4:::::::")}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddressTest, MappedAndPlainIpv4AreTheSame) {
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4"), IpAddress::parse("1.2.3.4"));
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4")->hash(), IpAddress::parse("1.2.3.4")->hash());
  EXPECT_TRUE(IpAddress::parse("::ffff:1.2.3.4")->is_v4());
  EXPECT_FALSE(IpAddress::parse("::1.2.3.4")->is_v4());
}

TEST(IpAddressTest, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback()) << text;
  }
  for (const char* text : {"128.0.0.1", "::", "::2", "0.0.0.0"})
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback()) << text;
}

TEST(IpAddressTest, ComesFromASocketAddress) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
  EXPECT_EQ(IpAddress::from(reinterpret_cast<sockaddr&>(v4)), IpAddress::parse("192.0.2.7"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr);
  EXPECT_EQ(IpAddress::from(reinterpret_cast<sockaddr&>(v6)), IpAddress::parse("192.0.2.7"));
}

TEST(EndpointTest, BracketsIpv6) {
  EXPECT_EQ((Endpoint{*IpAddress::parse("127.0.0.1"), 80}.to_string()), "127.0.0.1:80");
  EXPECT_EQ((Endpoint{*IpAddress::parse("::1"), 8443}.to_string()), "[::1]:8443");
}

bool in(const IpSet& set, const char* address) { return set.contains(*IpAddress::parse(address)); }

TEST(IpSetTest, HoldsExactlyTheNetwork) {
  IpSet set;
  ASSERT_TRUE(set.add("10.1.0.0/15"));
  EXPECT_FALSE(in(set, "9.255.255.255"));
  EXPECT_TRUE(in(set, "10.0.0.0"));
  EXPECT_TRUE(in(set, "10.1.255.255"));
  EXPECT_FALSE(in(set, "10.2.0.0"));
  EXPECT_TRUE(in(set, "::ffff:10.0.0.1"));
  EXPECT_FALSE(in(set, "::10.0.0.1"));
}

TEST(IpSetTest, TakesSingleAddressesAndWholeFamilies) {
  IpSet set;
  ASSERT_TRUE(set.add("192.168.1.7"));
  ASSERT_TRUE(set.add("::1"));
  EXPECT_TRUE(in(set, "192.168.1.7"));
  EXPECT_FALSE(in(set, "192.168.1.8"));
  EXPECT_TRUE(in(set, "::1"));
  EXPECT_FALSE(in(set, "::2"));
  ASSERT_TRUE(set.add("0.0.0.0/0"));
  EXPECT_TRUE(in(set, "0.0.0.0"));
  EXPECT_TRUE(in(set, "255.255.255.255"));
  EXPECT_FALSE(in(set, "2001:db8::1"));
  ASSERT_TRUE(set.add("::/0"));
  EXPECT_TRUE(in(set, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(IpSetTest, NetworksOfIpv6HoldNoIpv4) {
  for (const char* network : {"::/0", "::/1", "::/64", "::/80"}) {
    IpSet set;
    ASSERT_TRUE(set.add(network));
    EXPECT_TRUE(in(set, "::1")) << network;
    EXPECT_TRUE(in(set, "::fffe:ffff:ffff")) << network;
    EXPECT_EQ(in(set, "::1:0:0:0"), std::string_view(network) != "::/80");
    for (const char* address : {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::ffff:10.0.0.1"}) EXPECT_FALSE(in(set, address)) << network;
  }
  IpSet mapped;
  ASSERT_TRUE(mapped.add("::ffff:0:0/96"));
  EXPECT_TRUE(in(mapped, "10.0.0.1"));
  EXPECT_FALSE(in(mapped, "::1"));
}

TEST(IpSetTest, RefusesWhatIsNoNetworkAndStaysUnchanged) {
  IpSet set;
  ASSERT_TRUE(set.add("10.0.0.0/8"));
  const IpSet before = set;
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "host/8", "10.0.0.0/8 "}) {
    EXPECT_FALSE(set.add(text)) << text;
  }
  EXPECT_EQ(set, before);
}

TEST(IpSetTest, OrderAndOverlapDoNotMatter) {
  std::vector<std::string> networks = {"10.0.0.0/9",
                                       "10.128.0.0/9",
                                       "10.0.0.0/24",
                                       "192.168.0.0/24",
                                       "192.168.1.0/24",
                                       "192.168.2.1",
                                       "192.168.2.0",
                                       "2001:db8::/32",
                                       "2001:db9::/32",
                                       "::ffff:172.16.0.0/108",
                                       "255.255.255.255",
                                       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                                       "::"};
  IpSet merged;
  for (const char* network : {"10.0.0.0/8", "192.168.0.0/23", "192.168.2.0/31", "2001:db8::/31", "172.16.0.0/12",
                              "255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"}) {
    ASSERT_TRUE(merged.add(network));
  }
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(networks.begin(), networks.end(), random);
    IpSet set;
    for (const auto& network : networks) ASSERT_TRUE(set.add(network));
    ASSERT_EQ(set, merged);
  }
}

TEST(IpSetTest, EmptyHoldsNothing) {
  const IpSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_FALSE(in(set, "1.2.3.4"));
}

}  // namespace
}  // namespace gatehouse
