#include "upstream/addresses.hpp"

#include "unit/upstream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace gatehouse::upstream::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

struct Waiting final : Addresses::Waiting {
  void on_lookup(const Error* error) override {
    ++told;
    if (error != nullptr) failed = error->reason();
  }
  int told = 0;
  std::string failed;
};

class AddressesTest : public ::testing::Test {
 protected:
  void make(const std::string& host) {
    addresses.emplace(worker, resolver, host, [this] { ++vanished; });
  }

  net::Worker worker{0};
  FakeResolver resolver;
  int vanished = 0;
  std::optional<Addresses> addresses;
};

TEST_F(AddressesTest, ALiteralNeedsNoLookup) {
  for (const char* literal : {"127.0.0.1", "::1", "[::1]"}) {
    make(literal);
    EXPECT_EQ(addresses->get().size(), 1u);
    addresses->connect_failed();
  }
  EXPECT_THAT(resolver.asked, IsEmpty());
}

TEST_F(AddressesTest, LooksUpOnceWhenFirstAsked) {
  make("orders");
  EXPECT_THAT(resolver.asked, IsEmpty());
  EXPECT_THAT(addresses->get(), IsEmpty());
  EXPECT_THAT(addresses->get(), IsEmpty());
  EXPECT_EQ(resolver.asked.size(), 1u);
  resolver.answer({"10.0.0.1", "10.0.0.2"});
  EXPECT_THAT(addresses->get(), ElementsAre(address("10.0.0.1"), address("10.0.0.2")));
  EXPECT_THAT(resolver.asked, IsEmpty());
}

TEST_F(AddressesTest, IsDueAfterTheTimeToLive) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"}, 2s);
  EXPECT_EQ(addresses->due(), worker.now() + 2s);
}

TEST_F(AddressesTest, IsDueAfterFiveSecondsAtMost) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"}, Duration::max());
  EXPECT_EQ(addresses->due(), worker.now() + 5s);
}

TEST_F(AddressesTest, KeepsOldAddressesWhileALookupRuns) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"}, 0s);
  EXPECT_THAT(addresses->get(), ElementsAre(address("10.0.0.1")));
  EXPECT_EQ(resolver.asked.size(), 1u);
  EXPECT_THAT(addresses->get(), ElementsAre(address("10.0.0.1")));
  resolver.answer({"10.0.0.2"});
  EXPECT_THAT(addresses->get(), ElementsAre(address("10.0.0.2")));
  EXPECT_EQ(vanished, 1);
}

TEST_F(AddressesTest, KeepsOldAddressesWhenALookupFails) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"}, 0s);
  addresses->get();
  resolver.fail(ErrorKind::kTimeout, "dns_timeout");
  EXPECT_THAT(addresses->get(), ElementsAre(address("10.0.0.1")));
  EXPECT_EQ(addresses->due(), worker.now() + 500ms);
  EXPECT_THAT(resolver.asked, IsEmpty());
  EXPECT_EQ(vanished, 0);
}

TEST_F(AddressesTest, SaysOnlyOfVanishedAddressesThatSomethingChanged) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"}, 0s);
  addresses->get();
  resolver.answer({"10.0.0.2", "10.0.0.1"}, 0s);
  EXPECT_EQ(vanished, 0);
  addresses->get();
  resolver.answer({"10.0.0.2"});
  EXPECT_EQ(vanished, 1);
}

TEST_F(AddressesTest, TellsThoseWhoWait) {
  make("orders");
  Waiting one;
  Waiting other;
  addresses->get();
  addresses->wait(one);
  addresses->wait(other);
  resolver.answer({"10.0.0.1"});
  EXPECT_EQ(one.told, 1);
  EXPECT_EQ(other.told, 1);
  EXPECT_EQ(one.failed, "");
}

TEST_F(AddressesTest, TellsThoseWhoWaitWhyThereIsNone) {
  make("orders");
  Waiting waiting;
  addresses->get();
  addresses->wait(waiting);
  resolver.fail();
  EXPECT_EQ(waiting.failed, "dns_not_found");
}

TEST_F(AddressesTest, AFailureStandsForAWhileSoThatRequestsDoNotBecomeLookups) {
  make("orders");
  addresses->get();
  EXPECT_EQ(addresses->failure(), nullptr) << "nothing is known yet";
  resolver.fail();
  EXPECT_THAT(addresses->get(), IsEmpty());
  EXPECT_THAT(resolver.asked, IsEmpty());
  ASSERT_NE(addresses->failure(), nullptr);
  EXPECT_EQ(addresses->failure()->reason(), "dns_not_found");
  pass(worker, 500ms);
  addresses->get();
  EXPECT_EQ(resolver.asked.size(), 1u);
  EXPECT_EQ(addresses->failure(), nullptr);
  resolver.answer({"10.0.0.1"});
  EXPECT_EQ(addresses->failure(), nullptr);
  EXPECT_EQ(addresses->get().size(), 1u);
}

TEST_F(AddressesTest, WhoIsGoneIsNotTold) {
  make("orders");
  Waiting first;
  std::optional<Waiting> gone(std::in_place);
  Waiting last;
  addresses->get();
  addresses->wait(first);
  addresses->wait(*gone);
  addresses->wait(last);
  gone.reset();
  resolver.answer({"10.0.0.1"});
  EXPECT_EQ(first.told, 1);
  EXPECT_EQ(last.told, 1);
}

TEST_F(AddressesTest, AFailedConnectionAsksAgainButNotTooOften) {
  make("orders");
  addresses->get();
  resolver.answer({"10.0.0.1"});
  addresses->connect_failed();
  EXPECT_THAT(resolver.asked, IsEmpty());
  pass(worker, 500ms);
  addresses->connect_failed();
  addresses->connect_failed();
  EXPECT_EQ(resolver.asked.size(), 1u);
}

TEST_F(AddressesTest, AnAnswerMayComeAfterTheEnd) {
  make("orders");
  addresses->get();
  addresses.reset();
  resolver.answer({"10.0.0.1"});
}

TEST_F(AddressesTest, AsksNothingOnceClosed) {
  make("orders");
  addresses->close();
  addresses->get();
  addresses->connect_failed();
  EXPECT_THAT(resolver.asked, IsEmpty());
}

TEST_F(AddressesTest, EachConnectionBeginsWithTheNextAddress) {
  make("orders");
  const std::size_t first = addresses->next_start();
  EXPECT_EQ(addresses->next_start(), first + 1);
}

}  // namespace
}  // namespace gatehouse::upstream::testing
