#include "gatehouse/net/listener.hpp"

#include "unit/net/support.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

class ListenerTest : public ::testing::Test {
 protected:
  Worker worker{0};
  std::vector<UniqueFd> accepted;
  std::vector<Endpoint> peers;
  Endpoint at;

  std::unique_ptr<Listener> listen(const Endpoint& endpoint = testing::loopback(), PortUse use = PortUse::kNew) {
    auto bound = bind_listener(endpoint, 4096, use);
    EXPECT_TRUE(bound) << bound.error().message();
    at = local_endpoint(bound->get());
    return std::make_unique<Listener>(worker, std::move(*bound), [this](UniqueFd fd, const Endpoint& peer) {
      accepted.push_back(std::move(fd));
      peers.push_back(peer);
    });
  }
};

TEST_F(ListenerTest, AcceptsOnAFreePortWithEveryFlagSet) {
  const auto listener = listen();
  EXPECT_NE(at.port, 0);
  const UniqueFd client = testing::connect_to(at);
  ASSERT_TRUE(testing::run_until(worker, [&] { return accepted.size() == 1; }));
  const int fd = accepted[0].get();
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
  EXPECT_EQ(peers[0], local_endpoint(client.get()));
}

TEST_F(ListenerTest, AcceptsMoreThanOneBudgetAtOnce) {
  const auto listener = listen();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(testing::connect_to(at));
  EXPECT_TRUE(testing::run_until(worker, [&] { return accepted.size() == 150; }));
}

TEST_F(ListenerTest, TwoListenersShareAPort) {
  const auto first = listen();
  const auto second = listen(at, PortUse::kShared);
  const UniqueFd client = testing::connect_to(at);
  EXPECT_TRUE(testing::run_until(worker, [&] { return accepted.size() == 1; }));
}

TEST_F(ListenerTest, NewPortIsRefusedWhereAnyoneListensEvenWhoShares) {
  const auto first = listen();
  const auto second = listen(at, PortUse::kShared);
  const auto refused = bind_listener(at);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find(at.to_string()), std::string::npos);
}

TEST_F(ListenerTest, CloseRefusesNewConnections) {
  const auto listener = listen();
  listener->close();
  listener->close();
  EXPECT_THROW(testing::connect_to(at), std::system_error);
}

TEST_F(ListenerTest, DrainAcceptsWhatWaitsAndRefusesTheRest) {
  const auto listener = listen();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(testing::connect_to(at));
  listener->drain();
  EXPECT_EQ(accepted.size(), 100u);
  EXPECT_THROW(testing::connect_to(at), std::system_error);
}

TEST_F(ListenerTest, MayBeClosedByWhatItCalls) {
  auto bound = bind_listener(testing::loopback());
  at = local_endpoint(bound->get());
  std::unique_ptr<Listener> listener;
  int count = 0;
  listener = std::make_unique<Listener>(worker, std::move(*bound), [&](UniqueFd, const Endpoint&) {
    ++count;
    listener->close();
  });
  const UniqueFd one = testing::connect_to(at);
  const UniqueFd two = testing::connect_to(at);
  ASSERT_TRUE(testing::run_until(worker, [&] { return count == 1; }));
  bool turned = false;
  worker.post([&] { turned = true; });
  ASSERT_TRUE(testing::run_until(worker, [&] { return turned; }));
  EXPECT_EQ(count, 1);
}

TEST_F(ListenerTest, ABusyAddressIsAnErrorThatNamesIt) {
  UniqueFd taken(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  const Endpoint busy = local_endpoint(taken.get());
  const auto result = bind_listener(busy);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find(busy.to_string()), std::string::npos) << result.error().message();
  EXPECT_NE(result.error().message().find("Address already in use"), std::string::npos) << result.error().message();
}

class DescriptorLimit {
 public:
  DescriptorLimit() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(0));
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(next.get());
    ::setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(ListenerTest, BacksOffWithoutDescriptorsLogsOnceAndRecovers) {
  const auto listener = listen();
  const UniqueFd one = testing::connect_to(at);
  const UniqueFd two = testing::connect_to(at);
  ::testing::internal::CaptureStderr();
  {
    const DescriptorLimit limit;
    const auto start = std::chrono::steady_clock::now();
    // Two back-offs at least, and no spinning meanwhile.
    int wakes = 0;
    testing::run_until(
        worker, [&] { return ++wakes > 1000 || std::chrono::steady_clock::now() - start > 250ms; }, 300ms);
    EXPECT_LT(wakes, 100);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(accepted.empty());
  const auto first = log.find("accept_backs_off");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("accept_backs_off", first + 1), std::string::npos) << log;
  EXPECT_TRUE(testing::run_until(worker, [&] { return accepted.size() == 2; }));
}

}  // namespace
}  // namespace gatehouse::net
