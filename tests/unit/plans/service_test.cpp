#include "service_fixture.hpp"


namespace gatehouse::plans {
namespace {

using namespace std::chrono_literals;

TEST_F(ServiceTest, WhatWasUsedIsKnownAfterARestart) {
  {
    const auto before = node();
    EXPECT_EQ(before->take("a", "daily", 7), 7);
    EXPECT_EQ(before->take("m", "monthly", 4), 4);
  }
  const auto after = node();
  EXPECT_EQ(after->take("a", "daily", 20), 3);
  EXPECT_EQ(after->take("m", "monthly", 20), 6);
}

TEST_F(ServiceTest, AnotherDayBeginsADailyQuotaAndGoesOnWithAMonthlyOne) {
  // The manual clock begins on 2024-10-04.
  {
    const auto before = node();
    EXPECT_EQ(before->take("a", "daily", 20), 10);
    EXPECT_EQ(before->take("m", "monthly", 6), 6);
  }
  clock_.advance(24h);
  {
    const auto next_day = node();
    EXPECT_EQ(next_day->take("a", "daily", 20), 10);
    EXPECT_EQ(next_day->take("m", "monthly", 20), 4);
  }
  clock_.advance(24h * 27);
  const auto next_month = node();
  EXPECT_EQ(next_month->take("m", "monthly", 20), 10);
}

TEST_F(ServiceTest, UsageIsToldForEachKeyAndDay) {
  const auto first = node();
  first->take("a", "daily", 3);
  first->take("m", "monthly", 2);
  clock_.advance(24h);
  first->today += 1;
  first->take("m", "monthly", 5);
  const auto rows = first->service.usage("", first->today - 1, first->today);
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[0].key, "a");
  EXPECT_EQ((*rows)[0].requests, 3u);
  EXPECT_EQ((*rows)[1].requests, 2u);
  EXPECT_EQ((*rows)[2].day, first->today);
  EXPECT_EQ((*rows)[2].requests, 5u);
  EXPECT_EQ(first->service.usage("m", first->today, first->today)->size(), 1u);
  EXPECT_TRUE(first->service.usage("m", first->today + 1, first->today + 400)->empty());
}

TEST_F(ServiceTest, GatewaysOnOneStoreAddUp) {
  const auto one = node();
  const auto two = node();
  EXPECT_EQ(one->take("a", "daily", 6), 6);
  EXPECT_EQ(two->take("a", "daily", 3), 3);
  ASSERT_TRUE(*one->service.write());
  ASSERT_TRUE(*two->service.write());  // learns of six
  EXPECT_EQ(two->take("a", "daily", 20), 1);
  ASSERT_TRUE(*two->service.write());
  EXPECT_EQ(one->service.usage("a", one->today, one->today)->at(0).requests, 10u);
}

TEST_F(ServiceTest, WhatTheStoreDoesNotTakeIsWrittenLater) {
  {
    const auto before = node();
    before->take("a", "daily", 4);
    engine_->broken = true;
    EXPECT_FALSE(*before->service.write());
    EXPECT_NE(before->registry.scrape().find("gatehouse_quota_write_failures_total"), std::string::npos);
    engine_->broken = false;
    before->take("a", "daily", 1);
  }
  EXPECT_EQ(node()->take("a", "daily", 20), 5);
}

TEST_F(ServiceTest, AStoreThatCannotBeReadIsNoStart) {
  node();
  engine_->broken = true;
  EXPECT_NE(node()->error.find("out of order"), std::string::npos);
}

TEST_F(ServiceTest, AKeyIsGoodAtOnceAndShownOnce) {
  const auto gateway = node();
  const auto made = gateway->service.create_key({"", "partner", "monthly", "A partner", {}});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->key.size(), 46u);
  const KeyRecord* const found = gateway->parts.rings.at("main")->read(0).find(std::string_view(made->key));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, "partner");
  EXPECT_TRUE(gateway->take("partner", "monthly"));
  const auto listed = gateway->service.list_keys("");
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->at(0).name, "A partner");
  EXPECT_EQ(listed->at(0).sha256, crypto::sha256_hex(made->key));
  EXPECT_NE(gateway->service.create_key({})->key, made->key);
}

TEST_F(ServiceTest, ARevokedKeyIsGoneAtOnceAndItsIdStaysTaken) {
  const auto gateway = node();
  const auto made = gateway->service.create_key({"", "partner", "", "", {}});
  ASSERT_TRUE(gateway->service.revoke_key("", "partner"));
  EXPECT_EQ(gateway->parts.rings.at("main")->read(0).find(std::string_view(made->key)), nullptr);
  EXPECT_EQ(gateway->service.revoke_key("", "partner").error().reason(), "key_unknown");
  EXPECT_EQ(gateway->service.revoke_key("", "nobody").error().reason(), "key_unknown");
  EXPECT_EQ(gateway->service.create_key({"", "partner", "", "", {}}).error().reason(), "key_exists");
  EXPECT_NE(gateway->service.list_keys("main")->at(0).revoked, 0);
}

TEST_F(ServiceTest, RefusesKeysThatCannotBe) {
  const auto gateway = node();
  const auto reason = [&](CreateKey wish) { return std::string(gateway->service.create_key(std::move(wish)).error().reason()); };
  EXPECT_EQ(reason({"", "a", "", "", {}}), "key_exists");
  EXPECT_EQ(reason({"", "x", "fre", "", {}}), "plan_unknown");
  EXPECT_EQ(reason({"", "no space", "", "", {}}), "key_id_invalid");
  EXPECT_EQ(reason({"", std::string(65, 'x'), "", "", {}}), "key_id_invalid");
  EXPECT_EQ(reason({"", "x", "", std::string(257, 'x'), {}}), "key_name_invalid");
  EXPECT_EQ(reason({"other", "x", "", "", {}}), "store_unknown");
  setup_.key_stores.clear();
  EXPECT_EQ(node()->service.create_key({}).error().reason(), "keys_not_stored");
}

TEST_F(ServiceTest, AnExpiredKeyIsNotLoaded) {
  const auto first = node();
  const auto made = first->service.create_key({"", "short", "", "", 1h});
  const KeyRecord* const found = first->parts.rings.at("main")->read(0).find(std::string_view(made->key));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->expires, made->stored.created + 3600);
  clock_.advance(2h);
  const auto second = node();
  EXPECT_EQ(second->parts.rings.at("main")->read(0).find(std::string_view(made->key)), nullptr);
}

TEST_F(ServiceTest, AnotherConfigurationGoesOnCounting) {
  const auto gateway = node();
  EXPECT_EQ(gateway->take("a", "daily", 6), 6);
  setup_.plans[0].quota.limit = 8;
  setup_.written_keys.emplace_back("new", "daily");
  gateway->use(setup_);
  EXPECT_EQ(gateway->take("a", "daily", 20), 2);
  EXPECT_EQ(gateway->take("new", "daily", 20), 8);
}

TEST_F(ServiceTest, AKeyThatIsCountedByAnotherPeriodNowKeepsWhatItHasUsed) {
  const auto gateway = node();
  EXPECT_EQ(gateway->take("a", "daily", 6), 6);
  setup_.written_keys[0].second = "monthly";
  gateway->use(setup_);
  EXPECT_EQ(gateway->take("a", "monthly", 20), 4);
}

}  // namespace
}  // namespace gatehouse::plans
