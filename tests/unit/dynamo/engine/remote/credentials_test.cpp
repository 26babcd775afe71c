#include "dynamo/engine/remote/credentials.hpp"

#include "support/running_worker.hpp"
#include "unit/dynamo/engine/remote/scripted_store.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <vector>

namespace gatehouse::dynamo {
namespace {

using namespace std::chrono_literals;
using testing::Asked;
using testing::Reaction;
using testing::ScriptedStore;
using net::testing::RunningWorker;

using Environment = std::map<std::string, std::string, std::less<>>;

EnvironmentReader reader(Environment environment) {
  return [environment = std::move(environment)](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(std::string_view(name));
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string document(const std::string& key, std::chrono::system_clock::time_point expires) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(expires);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char time[32];
  std::strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return R"({"Code":"Success","AccessKeyId":")" + key + R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + time + R"("})";
}

// A provider on a worker of its own.
class CredentialsTest : public ::testing::Test {
 protected:
  ~CredentialsTest() override {
    worker_.run([this] {
      provider_.reset();
      resolver_.reset();
    });
  }

  void make(Environment environment, RemoteSettings settings = {}) {
    worker_.run([&] {
      resolver_ = net::make_resolver(*worker_);
      provider_ =
          std::make_unique<CredentialsProvider>(settings, clock_, reader(std::move(environment)), *worker_, *resolver_);
    });
  }

  static net::Task<void> run_get(CredentialsProvider* provider, std::promise<std::optional<Credentials>>* to) {
    net::Task<const Credentials*> getting = provider->get();
    const Credentials* const got = co_await getting;
    to->set_value(got == nullptr ? std::nullopt : std::optional(*got));
  }

  std::optional<Credentials> get() {
    std::promise<std::optional<Credentials>> got;
    net::Task<void> task;
    worker_.run([&] {
      task = run_get(provider_.get(), &got);
      task.start();
    });
    auto result = got.get_future().get();
    worker_.run([&] { task.reset(); });
    return result;
  }

  std::string problem() {
    std::string text;
    worker_.run([&] { text = provider_->problem(); });
    return text;
  }

  // Of a role named app, in the second version of the service.
  Reaction instance(const Asked& asked) {
    if (asked.method == "PUT" && asked.path == "/latest/api/token")
      return asked.field("x-aws-ec2-metadata-token-ttl-seconds").empty() ? Reaction{400} : Reaction{200, "TOKEN", {}};
    if (asked.field("x-aws-ec2-metadata-token") != "TOKEN") return {401};
    if (asked.path == "/latest/meta-data/iam/security-credentials/") return {200, "app\n", {}};
    if (asked.path != "/latest/meta-data/iam/security-credentials/app") return {404};
    return {200, document("INSTANCE" + std::to_string(++given_), clock_.wall() + 1h), {}};
  }

  ManualClock clock_;
  int given_ = 0;
  net::testing::RunningWorker worker_;
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<CredentialsProvider> provider_;
};

TEST_F(CredentialsTest, AreThoseOfTheConfigurationFirst) {
  RemoteSettings settings;
  settings.access_key = "CONFIGURED";
  settings.secret_key = "s";
  settings.session_token = "t";
  make({{"AWS_ACCESS_KEY_ID", "ENVIRONMENT"}, {"AWS_SECRET_ACCESS_KEY", "s"}}, settings);
  const auto got = get();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->access_key, "CONFIGURED");
  EXPECT_EQ(got->session_token, "t");
}

TEST_F(CredentialsTest, AreThoseOfTheEnvironmentNext) {
  make({{"AWS_ACCESS_KEY_ID", "ENVIRONMENT"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}});
  const auto got = get();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->access_key, "ENVIRONMENT");
  EXPECT_EQ(got->secret_key, "s");
  EXPECT_EQ(got->session_token, "t");
}

TEST_F(CredentialsTest, ComeFromTheContainersEndpoint) {
  ScriptedStore endpoint([&](const Asked& asked) {
    return asked.path == "/v2/creds?id=1" && asked.field("authorization") == "secret token"
               ? Reaction{200, document("CONTAINER", clock_.wall() + 1h), {}}
               : Reaction{403};
  });
  make({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url() + "/v2/creds?id=1"},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret token"}});
  const auto got = get();
  ASSERT_TRUE(got) << problem();
  EXPECT_EQ(got->access_key, "CONTAINER");
  EXPECT_EQ(got->expires, clock_.wall() + 1h);
}

TEST_F(CredentialsTest, ReadTheContainersTokenFromItsFile) {
  const std::string path = ::testing::TempDir() + "gatehouse_container_token_" + std::to_string(::getpid());
  std::ofstream(path) << "from the file\n";
  ScriptedStore endpoint([&](const Asked& asked) {
    return asked.field("authorization") == "from the file" ? Reaction{200, document("CONTAINER", clock_.wall() + 1h), {}}
                                                           : Reaction{403};
  });
  make({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url()}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path}});
  const auto got = get();
  std::remove(path.c_str());
  ASSERT_TRUE(got) << problem();
  EXPECT_EQ(got->access_key, "CONTAINER");
}

TEST_F(CredentialsTest, ComeFromTheInstancesServiceLast) {
  ScriptedStore service([&](const Asked& asked) { return instance(asked); });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}});
  const auto got = get();
  ASSERT_TRUE(got) << problem();
  EXPECT_EQ(got->access_key, "INSTANCE1");
  EXPECT_EQ(got->session_token, "t");
}

TEST_F(CredentialsTest, AreRenewedFiveMinutesBeforeTheyExpire) {
  ScriptedStore service([&](const Asked& asked) { return instance(asked); });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}});
  EXPECT_EQ(get()->access_key, "INSTANCE1");
  clock_.advance(54min);
  EXPECT_EQ(get()->access_key, "INSTANCE1");
  EXPECT_EQ(service.count(), 3U);
  clock_.advance(2min);
  EXPECT_EQ(get()->access_key, "INSTANCE2");
  EXPECT_EQ(service.count(), 6U);
}

TEST_F(CredentialsTest, AreUsedUntilTheyExpireWhileRenewingFails) {
  std::atomic<bool> up = true;
  ScriptedStore service([&](const Asked& asked) { return up ? instance(asked) : Reaction{500}; });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}});
  EXPECT_EQ(get()->access_key, "INSTANCE1");
  up = false;
  clock_.advance(57min);
  ASSERT_TRUE(get());
  const auto asked = service.count();
  ASSERT_TRUE(get());
  EXPECT_EQ(service.count(), asked) << "not more than once a second";
  clock_.advance(4min);
  EXPECT_FALSE(get());
}

TEST_F(CredentialsTest, AreFetchedOnceForAllThatWait) {
  ScriptedStore service([&](const Asked& asked) { return instance(asked); });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}});
  std::array<std::promise<std::optional<Credentials>>, 8> got;
  std::vector<net::Task<void>> tasks;
  worker_.run([&] {
    for (auto& one : got) {
      tasks.push_back(run_get(provider_.get(), &one));
      tasks.back().start();
    }
  });
  for (auto& one : got) {
    const auto credentials = one.get_future().get();
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->access_key, "INSTANCE1");
  }
  worker_.run([&] { tasks.clear(); });
  EXPECT_EQ(service.count(), 3U);
}

TEST_F(CredentialsTest, SaysWhereItLookedInVain) {
  ScriptedStore service([](const Asked&) { return Reaction{404, "", {}}; });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}});
  EXPECT_FALSE(get());
  EXPECT_NE(problem().find("/latest/api/token"), std::string::npos) << problem();
  EXPECT_NE(problem().find("404"), std::string::npos) << problem();
}

TEST_F(CredentialsTest, DoNotAskAnInstanceWhereThatIsSwitchedOff) {
  ScriptedStore service([&](const Asked& asked) { return instance(asked); });
  make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}, {"AWS_EC2_METADATA_DISABLED", "true"}});
  EXPECT_FALSE(get());
  EXPECT_EQ(service.count(), 0U);
}

TEST(ParseCredentialsTest, NeedsBothKeys) {
  EXPECT_TRUE(parse_credentials(R"({"AccessKeyId":"a","SecretAccessKey":"s","LastUpdated":null,"More":[1,{}]})"));
  for (const char* bad : {"", "null", "[]", "{}", R"({"AccessKeyId":"a"})", R"({"AccessKeyId":"a","SecretAccessKey":"s")", "\xff"})
    EXPECT_FALSE(parse_credentials(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::dynamo
