// What nodes say to each other, and what they keep of their connections, there and back; and bytes that are neither.
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/wsapi/orphan.hpp"
#include "wsapi/fleet_message.hpp"
#include "wsapi/fleet_names.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace gatehouse::wsapi {
namespace {

using namespace std::chrono_literals;
using Op = FleetMessage::Op;
using WallTime = std::chrono::system_clock::time_point;

FleetMessage some_message() {
  FleetMessage message;
  message.op = Op::kBroadcast;
  message.outcome = Outcome::kTooMany;
  message.binary = true;
  message.code = 4321;
  message.from = 0xfedcba98;
  message.limit = 1'000'000;
  message.number = 0x1122334455667788;
  message.sent = 1ULL << 63;
  message.full = 7;
  message.api = "chat";
  message.id = "an id";
  message.group = "room";
  message.payload = std::string_view("\0\xff\n", 3);
  return message;
}

TEST(FleetMessageTest, ComesBackAsItWas) {
  const FleetMessage said = some_message();
  const std::string bytes = write_message(said);
  const auto heard = read_message(bytes);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->op, said.op);
  EXPECT_EQ(heard->outcome, said.outcome);
  EXPECT_EQ(heard->binary, said.binary);
  EXPECT_EQ(heard->code, said.code);
  EXPECT_EQ(heard->from, said.from);
  EXPECT_EQ(heard->limit, said.limit);
  EXPECT_EQ(heard->number, said.number);
  EXPECT_EQ(heard->sent, said.sent);
  EXPECT_EQ(heard->full, said.full);
  EXPECT_EQ(heard->api, said.api);
  EXPECT_EQ(heard->id, said.id);
  EXPECT_EQ(heard->group, said.group);
  EXPECT_EQ(heard->payload, said.payload);
}

TEST(FleetMessageTest, IsNotReadFromWhatIsCutLongerOrOfAnotherVersion) {
  const std::string bytes = write_message(some_message());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_message(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(read_message(bytes + 'x'));
  for (const std::size_t at : {0U, 1U, 2U}) {  // version, operation, outcome
    std::string other = bytes;
    other[at] = '\x63';
    EXPECT_FALSE(read_message(other)) << at;
  }
}

std::vector<Description> some_descriptions() {
  return {{ConnectionId::make(1, 2, 3), WallTime(1'000'000'123ms), WallTime(1'000'001'000ms), *IpAddress::parse("2001:db8::1"), "browser", "ann", {"a", "b"}},
          {ConnectionId::make(1, 2, 4), WallTime(), WallTime(), *IpAddress::parse("10.0.0.1"), "", "", {}}};
}

TEST(FleetMessageTest, DescriptionsComeBackAsTheyWere) {
  const auto said = some_descriptions();
  const auto heard = read_descriptions(write_descriptions(said));
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->size(), said.size());
  for (std::size_t i = 0; i < said.size(); ++i) {
    EXPECT_EQ((*heard)[i].id, said[i].id);
    EXPECT_EQ((*heard)[i].connected_at, said[i].connected_at);
    EXPECT_EQ((*heard)[i].last_active, said[i].last_active);
    EXPECT_EQ((*heard)[i].source, said[i].source);
    EXPECT_EQ((*heard)[i].user_agent, said[i].user_agent);
    EXPECT_EQ((*heard)[i].subject, said[i].subject);
    EXPECT_EQ((*heard)[i].groups, said[i].groups);
  }
}

TEST(FleetMessageTest, DescriptionsAreNotReadFromWhatIsCutOrLies) {
  const std::string bytes = write_descriptions(some_descriptions());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read_descriptions(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(read_descriptions("\xff\xff\xff\xff"));
  std::string no_id = bytes;
  no_id[8] = '!';
  EXPECT_FALSE(read_descriptions(no_id));
}

TEST(FleetMessageTest, FramesKeepWhatTheyHold) {
  for (const std::size_t size : {0U, 125U, 126U, 70'000U}) {
    const std::string payload(size, 'x');
    FleetMessage message;
    message.payload = payload;
    message.binary = size == 126;
    const http::PreparedFrame frame = frame_of(message);
    EXPECT_EQ(payload_of(frame), payload);
    EXPECT_EQ(is_binary(frame), message.binary);
  }
  EXPECT_EQ(payload_of(http::PreparedFrame()), "");
  EXPECT_FALSE(is_binary(http::PreparedFrame()));
}

TEST(OrphanTest, HasAllThatADisconnectCallNeeds) {
  ConnectionFacts facts;
  facts.source = *IpAddress::parse("192.0.2.7");
  facts.connected_at = WallTime(1'700'000'000'123ms);
  facts.secure = true;
  facts.user_agent = "quo\"ted <b>";
  facts.domain_name = "api.example:8443";
  facts.subprotocol = "chat.v2";
  facts.request_id = "r1";
  facts.route = "$connect";
  facts.method = "jwt";
  facts.subject = "ann";
  facts.api_key = "key";
  facts.plan = "gold";
  facts.claims = std::make_shared<const crypto::Claims>(*JsonTree::parse(R"({"sub":"ann","n":1.50,"roles":["a","b"]})"));
  const ConnectionId id = ConnectionId::make(1, 2, 3);
  const auto orphan = read_record(id, write_record("chat/prod", facts));
  ASSERT_TRUE(orphan);
  EXPECT_EQ(orphan->id, id);
  EXPECT_EQ(orphan->api, "chat/prod");
  const ConnectionFacts kept = orphan->facts();
  EXPECT_EQ(kept.source, facts.source);
  EXPECT_EQ(kept.connected_at, facts.connected_at);
  EXPECT_TRUE(kept.secure);
  EXPECT_EQ(kept.scheme(), "https");
  EXPECT_EQ(kept.user_agent, facts.user_agent);
  EXPECT_EQ(kept.domain_name, facts.domain_name);
  EXPECT_EQ(kept.subprotocol, facts.subprotocol);
  EXPECT_EQ(kept.request_id, facts.request_id);
  EXPECT_EQ(kept.route, facts.route);
  EXPECT_EQ(kept.method, facts.method);
  EXPECT_EQ(kept.subject, facts.subject);
  EXPECT_EQ(kept.api_key, facts.api_key);
  EXPECT_EQ(kept.plan, facts.plan);
  ASSERT_TRUE(kept.claims);
  EXPECT_EQ(kept.claims->find("n").text(), "1.50");
  EXPECT_EQ(kept.claims->find("roles").size(), 2u);
}

TEST(OrphanTest, GoesWithoutClaimsThatAreTooLarge) {
  ConnectionFacts facts;
  facts.claims = std::make_shared<const crypto::Claims>(*JsonTree::parse("{\"a\":\"" + std::string(kLargestRecordedClaims, 'x') + "\"}"));
  const std::string record = write_record("chat", facts);
  EXPECT_LT(record.size(), 200u);
  const auto orphan = read_record(ConnectionId(), record);
  ASSERT_TRUE(orphan);
  EXPECT_FALSE(orphan->claims);
  EXPECT_EQ(orphan->facts().scheme(), "http");
}

TEST(OrphanTest, IsNotReadFromAnythingElse) {
  for (const char* const record : {"", "null", "[]", "{}", R"({"api":"a"})", R"({"api":"a","source":"x","at":1})", R"({"api":"a","source":"::1","at":-1})",
                                   R"({"api":"a","source":"::1","at":99999999999999})", R"({"api":7,"source":"::1","at":1})"})
    EXPECT_FALSE(read_record(ConnectionId(), record)) << record;
  EXPECT_TRUE(read_record(ConnectionId(), R"({"api":"a","source":"::1","at":1,"later":true})"));
}

TEST(FleetNamesTest, HoldPrefixNodeAndDatabase) {
  const FleetNames names("shop:", 3);
  EXPECT_EQ(node_text(0xab), "000000ab");
  EXPECT_EQ(stay_of(0xab, 2), "000000ab.2");
  EXPECT_EQ(node_of("000000ab.2"), "000000ab");
  EXPECT_EQ(names.channel("000000ab"), "shop:ws:to:000000ab@3");
  EXPECT_EQ(names.channel_of_all(), "shop:ws:to:all@3");
  EXPECT_EQ(names.alive("000000ab"), "shop:ws:alive:000000ab");
  EXPECT_EQ(names.connections("000000ab.2"), "shop:ws:connections:000000ab.2");
}

}  // namespace
}  // namespace gatehouse::wsapi
