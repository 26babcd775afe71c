#include "dynamo/engine/remote/nodes.hpp"

#include "support/running_worker.hpp"
#include "unit/dynamo/engine/remote/scripted_store.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace gatehouse::dynamo {
namespace {

using testing::Asked;
using testing::Reaction;
using testing::ScriptedStore;
using net::testing::RunningWorker;
using Hosts = std::vector<std::string>;

TEST(ParseNodesTest, TakesListsOfHosts) {
  EXPECT_EQ(parse_nodes(R"(["10.0.0.2","10.0.0.1","10.0.0.2"])"), (Hosts{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(parse_nodes(R"( [ "node-1.example" , "::1" ] )"), (Hosts{"::1", "node-1.example"}));
}

TEST(ParseNodesTest, RefusesEverythingElse) {
  for (const char* bad : {"", "[]", "{}", "null", "[1]", R"([""])", R"(["a b"])", R"(["a/b"])", R"(["a@b"])", R"(["a"]x)", R"(["a")", "[\"\xff\"]"})
    EXPECT_FALSE(parse_nodes(bad)) << bad;
}

TEST(AmazonUrlTest, FollowsTheRegion) {
  EXPECT_EQ(amazon_url("eu-west-1"), "https://dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(streams_url(amazon_url("eu-west-1")), "https://streams.dynamodb.eu-west-1.amazonaws.com");
  EXPECT_EQ(amazon_url("cn-north-1"), "https://dynamodb.cn-north-1.amazonaws.com.cn");
  EXPECT_FALSE(streams_url("http://localhost:8000"));
  EXPECT_FALSE(streams_url("https://dynamodb.example"));
}

// Nodes on a worker of their own; the script's answers to GET /localnodes.
class NodesTest : public ::testing::Test {
 protected:
  NodesTest() {
    settings_.endpoints = {"http://localhost:" + std::to_string(store_.port())};
    auto backend = Nodes::prepare(settings_, settings_.endpoints, clock_).value();
    worker_.run([&] {
      resolver_ = net::make_resolver(*worker_);
      nodes_ = std::make_unique<Nodes>(settings_, backend, clock_, *worker_, *resolver_);
    });
  }
  ~NodesTest() override {
    worker_.run([this] {
      nodes_.reset();
      resolver_.reset();
    });
  }

  Reaction react(const Asked& asked) {
    const std::lock_guard lock(mutex_);
    return asked.method == "GET" && asked.path == "/localnodes" ? answer_ : Reaction{400};
  }
  void tell(Reaction answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }

  static net::Task<void> run_discover(Nodes* nodes, std::promise<bool>* to) {
    net::Task<bool> discovering = nodes->discover();
    const bool told = co_await discovering;
    to->set_value(told);
  }
  bool discover() {
    std::promise<bool> told;
    net::Task<void> task;
    worker_.run([&] {
      task = run_discover(nodes_.get(), &told);
      task.start();
    });
    const bool result = told.get_future().get();
    worker_.run([&] { task.reset(); });
    return result;
  }

  Hosts hosts() {
    Hosts found;
    worker_.run([&] {
      for (const auto& target : nodes_->pool()->backend().settings().targets) found.push_back(target.host);
    });
    return found;
  }
  upstream::Pool* pool() {
    upstream::Pool* found = nullptr;
    worker_.run([&] { found = nodes_->pool().get(); });
    return found;
  }

  const SystemClock clock_;
  std::mutex mutex_;
  Reaction answer_{200, R"(["127.0.0.1"])", {}};
  ScriptedStore store_{[this](const Asked& asked) { return react(asked); }};
  RemoteSettings settings_;
  net::testing::RunningWorker worker_;
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<Nodes> nodes_;
};

TEST_F(NodesTest, BeginWithThoseOfTheConfiguration) { EXPECT_EQ(hosts(), Hosts{"localhost"}); }

TEST_F(NodesTest, BecomeThoseThatTheClusterTells) {
  tell({200, R"(["127.0.0.2","127.0.0.1"])", {}});
  ASSERT_TRUE(discover());
  EXPECT_EQ(hosts(), (Hosts{"127.0.0.1", "127.0.0.2"}));
  worker_.run([&] {
    const auto& target = nodes_->pool()->backend().settings().targets.front();
    EXPECT_EQ(target.port, store_.port());
    EXPECT_EQ(target.url, "http://127.0.0.1:" + std::to_string(store_.port()));
    EXPECT_EQ(nodes_->configured()->backend().settings().targets.front().host, "localhost");
  });
}

TEST_F(NodesTest, KeepTheirConnectionsWhileTheSetIsTheSame) {
  ASSERT_TRUE(discover());
  upstream::Pool* const before = pool();
  ASSERT_TRUE(discover());
  EXPECT_EQ(pool(), before);
  tell({200, R"(["127.0.0.1","127.0.0.2"])", {}});
  ASSERT_TRUE(discover());
  EXPECT_NE(pool(), before);
}

TEST_F(NodesTest, StayAsTheyAreWhenNobodyTells) {
  ASSERT_TRUE(discover());
  for (Reaction bad : {Reaction{500}, Reaction{200, "[]", {}}, Reaction{200, "<html>", {}}}) {
    tell(std::move(bad));
    EXPECT_FALSE(discover());
    EXPECT_EQ(hosts(), Hosts{"127.0.0.1"});
  }
}

// 127.0.0.2 and on have no listener on that port.
TEST_F(NodesTest, AreFoundThroughTheConfigurationWhenTheClusterHasMoved) {
  tell({200, R"(["127.0.0.2"])", {}});
  ASSERT_TRUE(discover());
  tell({200, R"(["127.0.0.1"])", {}});
  ASSERT_TRUE(discover());
  EXPECT_EQ(hosts(), Hosts{"127.0.0.1"});
}

}  // namespace
}  // namespace gatehouse::dynamo
