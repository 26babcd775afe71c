#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/crypto/password.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "middleware/basic_credentials.hpp"
#include "waiting_fixture.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace gatehouse::middleware {
namespace {

// "correct horse", with the least work that the methods know.
const std::string kYescrypt = "$y$j75$dOkJ3IaSvR9FLoxdXkCp81$cobr.lThNxgRmaNItSH9rC1GvsenMnADO9EFaUnIfQ3";
const std::string kBcrypt = "$2b$04$7qJyo9uvqhCg33N6/I0naeaArjxqG97qHvNm0gjFYZ8LsE22hjGgW";

std::string base64(std::string_view text) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = word << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > text.size() ? '=' : kDigits[word >> (18 - 6 * j) & 63];
  }
  return out;
}

class BasicStepTest : public WaitingStepTest {
 protected:
  BasicStepTest() : pool_(std::make_unique<net::BlockingPool>(2, 64)) {
    settings_.users = {{"ada", crypto::sha256_hex("lovelace"), {}}, {"bob", {}, kYescrypt}, {"eve", {}, kBcrypt}};
  }
  void use() { route_.steps = {make_authenticate({{make_basic(settings_, *pool_, 1)}})}; }
  static FieldList shows(const std::string& credentials) { return {{"Authorization", "Basic " + base64(credentials)}}; }
  std::string outcome(const FieldList& fields) {
    Running running(worker_, route_, "GET", "/", fields);
    if (run(running)) return std::string(running.request.context.identity.subject);
    challenge_ = running.request.field("www-authenticate").value_or("");
    return std::to_string(running.request.exchange.status) + ' ' + std::string(running.request.context.reason);
  }

  // Keeps the pool's two threads busy until it is unlocked.
  std::unique_lock<std::mutex> hold_pool() {
    std::unique_lock hold(held_);
    for (int i = 0; i < 2; ++i) pool_->submit(worker_, [this] { const std::lock_guard lock(held_); }, [] {});
    return hold;
  }

  std::mutex held_;  // outlives the pool, of which one thread may have done everything before the other began
  std::unique_ptr<net::BlockingPool> pool_;
  BasicSettings settings_;
  std::string challenge_;
};

TEST_F(BasicStepTest, AcceptsAPasswordKnownByItsDigest) {
  use();
  EXPECT_EQ(outcome(shows("ada:lovelace")), "ada");
  EXPECT_EQ(outcome(shows("ada:Lovelace")), "401 basic_invalid");
  EXPECT_EQ(outcome(shows("ada:")), "401 basic_invalid");
}

TEST_F(BasicStepTest, AcceptsPasswordsKnownByASlowHash) {
  use();
  EXPECT_EQ(outcome(shows("bob:correct horse")), "bob");
  EXPECT_EQ(outcome(shows("eve:correct horse")), "eve");
  EXPECT_EQ(outcome(shows("eve:correct horsf")), "401 basic_invalid");
  EXPECT_EQ(outcome(shows("bob:correct horse2")), "401 basic_invalid");
}

TEST_F(BasicStepTest, WhatWasRightBeforeIsNotHashedAgain) {
  use();
  EXPECT_EQ(outcome(shows("bob:correct horse")), "bob");
  pool_->stop();  // whoever needs it now is told that it is busy
  EXPECT_EQ(outcome(shows("bob:correct horse")), "bob");
  EXPECT_EQ(outcome(shows("bob:wrong")), "503 basic_busy");
  EXPECT_EQ(outcome(shows("eve:correct horse")), "503 basic_busy");
}

TEST_F(BasicStepTest, ANameThatNobodyHasIsRefusedByTheSameWork) {
  use();
  EXPECT_EQ(outcome(shows("nobody:correct horse")), "401 basic_invalid");
  pool_->stop();
  EXPECT_EQ(outcome(shows("nobody:correct horse")), "503 basic_busy");
}

TEST_F(BasicStepTest, ManyRequestsWithTheSameCredentialsAreOneHash) {
  std::unique_lock hold = hold_pool();
  use();
  std::vector<std::unique_ptr<Running>> all;
  for (int i = 0; i < 50; ++i) all.push_back(std::make_unique<Running>(worker_, route_, "GET", "/", shows("bob:correct horse")));
  for (const auto& one : all) one->start();
  hold.unlock();
  for (const auto& one : all) EXPECT_TRUE(finish(*one));  // were they 50 hashes, some would be refused as too many
}

TEST_F(BasicStepTest, MoreGuessesAtOnceThanAreGoodAreRefused) {
  std::unique_lock hold = hold_pool();
  use();
  std::vector<std::unique_ptr<Running>> all;
  for (int i = 0; i < 20; ++i) all.push_back(std::make_unique<Running>(worker_, route_, "GET", "/", shows("bob:" + std::to_string(i))));
  for (const auto& one : all) one->start();
  int refused = 0;
  for (const auto& one : all) refused += one->done() && one->request.context.reason == "basic_busy";
  EXPECT_EQ(refused, 4);
  hold.unlock();
  for (const auto& one : all) finish(*one);
  EXPECT_EQ(outcome(shows("bob:correct horse")), "bob");
}

TEST_F(BasicStepTest, AClientThatLeavesDoesNotTakeTheOthersAnswer) {
  std::unique_lock hold = hold_pool();
  use();
  auto first = std::make_unique<Running>(worker_, route_, "GET", "/", shows("bob:correct horse"));
  Running second(worker_, route_, "GET", "/", shows("bob:correct horse"));
  first->start();
  second.start();
  first.reset();
  hold.unlock();
  EXPECT_TRUE(finish(second));
}

TEST_F(BasicStepTest, RefusesWithAChallengeOfRealmAndCharset) {
  settings_.realm = R"(the "lab")";
  use();
  EXPECT_EQ(outcome({}), "401 basic_missing");
  EXPECT_EQ(challenge_, R"(Basic realm="the \"lab\"", charset="UTF-8")");
  EXPECT_EQ(outcome({{"Authorization", "Bearer abc"}}), "401 basic_missing");
  EXPECT_EQ(outcome(shows("ada:wrong")), "401 basic_invalid");
  EXPECT_EQ(challenge_, R"(Basic realm="the \"lab\"", charset="UTF-8")");
}

TEST_F(BasicStepTest, RefusesWhatIsMalformed) {
  use();
  for (const std::string wrong : {"Basic ", "Basic !!!!", "Basic YWRh", "Basic YWRhOmxvdmVsYWNl=", "Basic YWRhOmxvdmVsYWN"})
    EXPECT_EQ(outcome({{"Authorization", wrong}}), "401 basic_malformed") << wrong;
  EXPECT_EQ(outcome(shows(std::string("ada:love\0lace", 13))), "401 basic_malformed");
  EXPECT_EQ(outcome(shows("ada:" + std::string(3000, 'x'))), "401 basic_malformed");
}

TEST_F(BasicStepTest, ThePasswordIsNotForwarded) {
  use();
  Running running(worker_, route_, "GET", "/", shows("ada:lovelace"));
  EXPECT_TRUE(run(running));
  EXPECT_EQ(find_field(running.request.forwarded(), "authorization"), std::nullopt);
}

TEST_F(BasicStepTest, WhatIsNoHashCannotBeConfigured) {
  settings_.users = {{"ada", {}, "$1$abc$def"}};
  EXPECT_THROW(make_basic(settings_, *pool_, 1), std::invalid_argument);
  settings_.users = {{"ada", {}, {}}};
  EXPECT_THROW(make_basic(settings_, *pool_, 1), std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::middleware
