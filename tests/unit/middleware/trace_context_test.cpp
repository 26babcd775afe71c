#include "middleware/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::middleware {
namespace {

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceparentTest, ReadsTheExampleOfTheSpecification) {
  const auto parent = parse_traceparent(kParent);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(parent->parent_id, "00f067aa0ba902b7");
  EXPECT_TRUE(parent->sampled);
  EXPECT_TRUE(parent->current);
}

TEST(TraceparentTest, OnlyTheLowestFlagMeansSampled) {
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe")->sampled);
  EXPECT_TRUE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->sampled);
}

TEST(TraceparentTest, RefusesWhatIsInvalid) {
  for (const std::string_view wrong : {
           "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",       // capitals
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",       // no trace
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",       // no parent
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",       // no such version
           "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",       //
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",       //
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",  // version 00 has no more
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-010",      //
           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",   //
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(parse_traceparent(wrong)) << wrong;
  }
}

TEST(TraceparentTest, AVersionToComeBeginsLikeThisOne) {
  for (const std::string_view text : {"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                      "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings"}) {
    const auto parent = parse_traceparent(text);
    ASSERT_TRUE(parent) << text;
    EXPECT_FALSE(parent->current);
  }
}

TEST(TraceparentTest, WritesWhatItReads) {
  Arena arena;
  EXPECT_EQ(write_traceparent("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", true, arena), kParent);
}

TEST(TracestateTest, TakesListsOfTheSpecification) {
  for (const std::string_view good : {"", "rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 , b=2", "a=1,,b=2",
                                      "tenant-1@vendor=x y", "0a@v=1", "a_-*/=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"}) {
    EXPECT_TRUE(is_tracestate(good)) << good;
  }
}

TEST(TracestateTest, RefusesWhatIsNoList) {
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i > 0 ? ",k" : "k") + std::to_string(i) + "=v";
  for (const std::string& wrong : {std::string("rojo"), std::string("Rojo=1"), std::string("1a=1"), std::string("a="), std::string("a=b=c"), std::string("a@=1"),
                                   std::string("@v=1"), std::string("a@verylongsystemid=1"), std::string("a=\x01"), "a=" + std::string(257, 'x'), many,
                                   "a=" + std::string(250, 'x') + ",b=" + std::string(250, 'y') + ",c=" + std::string(20, 'z')}) {
    EXPECT_FALSE(is_tracestate(wrong)) << wrong;
  }
}

TEST(AmazonTraceTest, ReadsRootParentAndDecision) {
  Arena arena;
  const auto all = parse_amazon_trace("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", arena);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->trace_id, "5759e988bd862e3fe1be46a994272793");
  EXPECT_EQ(all->parent_id, "53995c3f42cd8ad8");
  EXPECT_TRUE(all->sampled);
  EXPECT_FALSE(all->undecided);
  const auto refused = parse_amazon_trace("Self=1-67891234-12456789abcdef012345678;Sampled=0;Root=1-5759e988-bd862e3fe1be46a994272793", arena);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->sampled || refused->undecided);
}

TEST(AmazonTraceTest, ALoadBalancersRootDecidesNothing) {
  Arena arena;
  for (const std::string_view text : {"Root=1-5759e988-bd862e3fe1be46a994272793", "Root=1-5759e988-bd862e3fe1be46a994272793; Sampled=?"}) {
    const auto root = parse_amazon_trace(text, arena);
    ASSERT_TRUE(root) << text;
    EXPECT_TRUE(root->undecided);
    EXPECT_EQ(root->parent_id, "");
  }
}

TEST(AmazonTraceTest, RefusesWhatIsNoTrace) {
  Arena arena;
  for (const std::string_view wrong : {"", "Root=", "Root=1-5759e988-bd862e3fe1be46a99427279", "Root=2-5759e988-bd862e3fe1be46a994272793",
                                       "Root=1-00000000-000000000000000000000000", "Root=1-5759E988-bd862e3fe1be46a994272793", "Sampled=1"}) {
    EXPECT_FALSE(parse_amazon_trace(wrong, arena)) << wrong;
  }
}

TEST(AmazonTraceTest, WritesWhatItReads) {
  Arena arena;
  EXPECT_EQ(write_amazon_trace("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", true, arena),
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
}

}  // namespace
}  // namespace gatehouse::middleware
