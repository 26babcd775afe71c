#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "step_fixture.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::middleware {
namespace {

class ApiKeyStepTest : public StepTest {
 protected:
  static ApiKeySettings authorizer(std::vector<std::pair<std::string, std::string>> keys,
                                   std::string header = "x-api-key", std::string query = {}) {
    ApiKeySettings settings{std::move(header), std::move(query), {}};
    for (const auto& [id, key] : keys) settings.keys.push_back({id, crypto::sha256_hex(key)});
    return settings;
  }
  static std::shared_ptr<const KnownKeys> known(const ApiKeySettings& settings) {
    static const ManualClock clock;
    return std::make_shared<const KnownKeys>(settings.keys, nullptr, clock);
  }
  // Any of them may accept.
  void use(const std::vector<ApiKeySettings>& accepted) {
    std::vector<AuthorizerGroup> groups;
    for (const auto& settings : accepted) groups.push_back({make_api_key(settings, known(settings))});
    route_.steps = {make_authenticate(std::move(groups))};
  }

  // The id of the key that was accepted, or the status of the refusal.
  std::string outcome(const std::string& target, const FieldList& fields = {}) {
    Request request(worker_, route_, "GET", target, fields);
    if (!request.run()) return std::to_string(request.exchange.status);
    return std::string(request.context.identity.subject);
  }
};

TEST_F(ApiKeyStepTest, SaysWhoTheClientIs) {
  use({authorizer({{"one", "key-1"}, {"two", "key-2"}})});
  Request request(worker_, route_, "GET", "/", {{"X-Api-Key", "key-2"}});
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.context.identity.method, "api_key");
  EXPECT_EQ(request.context.identity.subject, "two");
}

TEST_F(ApiKeyStepTest, Refuses401WithAChallengeWithoutAKey) {
  use({authorizer({{"one", "key-1"}}), authorizer({{"two", "key-2"}}, "x-staff-key")});
  Request request(worker_, route_, "GET", "/");
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 401);
  EXPECT_EQ(request.exchange.sent_body, R"({"message":"Unauthorized"})");
  EXPECT_EQ(request.context.reason, "api_key_missing");
  EXPECT_EQ(request.exchange.sent_fields, (FieldList{{"Content-Type", "application/json"},
                                                     {"WWW-Authenticate", R"(ApiKey header="x-api-key")"},
                                                     {"WWW-Authenticate", R"(ApiKey header="x-staff-key")"}}));
}

TEST_F(ApiKeyStepTest, Refuses403WithAKeyOfTheStoreThatHasExpired) {
  ManualClock clock;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
  const auto stored = std::make_shared<plans::KeyRing>(1);
  stored->publish({{crypto::sha256("key"), "one", "", now + 60}});
  const ApiKeySettings settings{"x-api-key", "", {}};
  route_.steps = {make_authenticate({{make_api_key(settings, std::make_shared<const KnownKeys>(settings.keys, stored, clock))}})};
  EXPECT_EQ(outcome("/", {{"X-Api-Key", "key"}}), "one");
  clock.advance(std::chrono::seconds(60));
  Request request(worker_, route_, "GET", "/", {{"X-Api-Key", "key"}});
  EXPECT_FALSE(request.run());
  EXPECT_EQ(request.exchange.status, 403);
  EXPECT_EQ(request.context.reason, "api_key_expired");
}

TEST_F(ApiKeyStepTest, Refuses403WithAWrongKey) {
  use({authorizer({{"one", "key-1"}})});
  for (const std::string wrong : {"key-2", "key-", "key-11", "KEY-1", "", "one"}) {
    Request request(worker_, route_, "GET", "/", {{"x-api-key", wrong}});
    EXPECT_FALSE(request.run()) << wrong;
    EXPECT_EQ(request.exchange.status, 403) << wrong;
    EXPECT_EQ(request.exchange.sent_body, R"({"message":"Forbidden"})");
    EXPECT_EQ(request.context.reason, "api_key_invalid");
    EXPECT_EQ(request.context.identity.subject, "");
  }
}

TEST_F(ApiKeyStepTest, AcceptsNothingWithoutKeys) {
  use({authorizer({})});
  EXPECT_EQ(outcome("/", {{"x-api-key", "key-1"}}), "403");
}

TEST_F(ApiKeyStepTest, RefusesAKeyBeyondAllMeasureUnhashed) {
  const std::string longest(1024, 'k');
  use({authorizer({{"one", longest}, {"two", longest + "k"}})});
  EXPECT_EQ(outcome("/", {{"x-api-key", longest}}), "one");
  EXPECT_EQ(outcome("/", {{"x-api-key", longest + "k"}}), "403");
}

TEST_F(ApiKeyStepTest, AcceptsTheKeyOfAnyAuthorizer) {
  use({authorizer({{"one", "key-1"}}), authorizer({{"two", "key-2"}}, "x-staff-key"),
       authorizer({{"three", "key-3"}})});
  EXPECT_EQ(outcome("/", {{"x-api-key", "key-1"}}), "one");
  EXPECT_EQ(outcome("/", {{"x-staff-key", "key-2"}}), "two");
  EXPECT_EQ(outcome("/", {{"x-api-key", "key-3"}}), "three");
  EXPECT_EQ(outcome("/", {{"x-api-key", "wrong"}, {"x-staff-key", "key-2"}}), "two");
  EXPECT_EQ(outcome("/", {{"x-api-key", "key-2"}}), "403");
  EXPECT_EQ(outcome("/", {{"x-staff-key", "key-1"}}), "403");
}

TEST_F(ApiKeyStepTest, FindsEachOfManyKeys) {
  std::vector<std::pair<std::string, std::string>> keys;
  for (int i = 0; i < 500; ++i) keys.emplace_back("id-" + std::to_string(i), "key-" + std::to_string(i));
  use({authorizer(keys)});
  for (const auto& [id, key] : keys) EXPECT_EQ(outcome("/", {{"x-api-key", key}}), id);
  EXPECT_EQ(outcome("/", {{"x-api-key", "key-500"}}), "403");
}

TEST_F(ApiKeyStepTest, KeepsKeysFromTheBackend) {
  use({authorizer({{"one", "key-1"}}), authorizer({{"two", "key-2"}}, "authorization")});
  Request request(worker_, route_, "GET", "/",
                  {{"X-API-Key", "key-1"}, {"Authorization", "key-2"}, {"x-api-key", "again"}, {"x-other", "kept"}});
  EXPECT_TRUE(request.run());
  EXPECT_EQ(request.forwarded(), (FieldList{{"x-other", "kept"}}));
}

TEST_F(ApiKeyStepTest, ReadsTheQueryOnlyWhereItMay) {
  use({authorizer({{"one", "key-1"}})});
  EXPECT_EQ(outcome("/?api_key=key-1"), "401");
  use({authorizer({{"one", "key-1"}, {"two", "k y+\xc3\xbc%"}}, "x-api-key", "api_key")});
  EXPECT_EQ(outcome("/?api_key=key-1"), "one");
  EXPECT_EQ(outcome("/?a=b&api_key=key-1&c"), "one");
  EXPECT_EQ(outcome("/?api_key=k+y%2B%c3%BC%"), "two");
  EXPECT_EQ(outcome("/?api_key=k%20y%2b%C3%bc%25"), "two");
  EXPECT_EQ(outcome("/?api_key="), "403");
  EXPECT_EQ(outcome("/?xapi_key=key-1"), "401");
  EXPECT_EQ(outcome("/?api_key=key-1", {{"x-api-key", "wrong"}}), "403");
}

TEST_F(ApiKeyStepTest, TakesTheKeyOutOfTheQuery) {
  use({authorizer({{"one", "key-1"}}, "x-api-key", "api_key")});
  Request among_others(worker_, route_, "GET", "/?a=b&api_key=key-1&c");
  EXPECT_TRUE(among_others.run());
  EXPECT_EQ(among_others.context.query, "a=b&c");
  Request alone(worker_, route_, "GET", "/?api_key=key-1");
  EXPECT_TRUE(alone.run());
  EXPECT_EQ(alone.context.query.data(), nullptr);
  Request beside_a_field(worker_, route_, "GET", "/?api_key=key-1", {{"x-api-key", "key-1"}});
  EXPECT_TRUE(beside_a_field.run());
  EXPECT_EQ(beside_a_field.context.query.data(), nullptr);
}

TEST_F(ApiKeyStepTest, RefusesToBeMadeWithWhatIsNoDigest) {
  ApiKeySettings settings = authorizer({});
  settings.keys = {{"one", "abc"}};
  EXPECT_THROW(known(settings), std::invalid_argument);
  settings.keys = {{"one", std::string(64, 'g')}};
  EXPECT_THROW(known(settings), std::invalid_argument);
}

}  // namespace
}  // namespace gatehouse::middleware
