#include "gatehouse/net/resolver.hpp"

#include "gatehouse/net/listener.hpp"
#include "unit/net/support.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

namespace gatehouse::net {
namespace {

using namespace std::chrono_literals;

// Answers A and AAAA questions over UDP from a table; a name that is not in it gets NXDOMAIN, "silent." gets nothing.
class FakeDns {
 public:
  struct Record {
    std::vector<std::string> addresses;
    std::uint32_t ttl;
  };

  explicit FakeDns(std::map<std::string, Record> records) : records_(std::move(records)) {
    socket_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval poll_interval{0, 20'000};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &poll_interval, sizeof(poll_interval));
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeDns() {
    stopping_ = true;
    thread_.join();
  }
  Endpoint endpoint() const { return local_endpoint(socket_.get()); }
  int questions() const { return questions_; }

 private:
  void serve() {
    char packet[512];
    while (!stopping_) {
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const ssize_t got =
          ::recvfrom(socket_.get(), packet, sizeof(packet), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 12) continue;
      ++questions_;
      const std::string reply = answer(std::string(packet, static_cast<std::size_t>(got)));
      if (!reply.empty())
        ::sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static void put(std::string& to, std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) to += static_cast<char>(value >> (8 * i));
  }

  // RFC 1035 section 4.
  std::string answer(const std::string& question) {
    std::string name;
    std::size_t at = 12;
    while (question[at] != 0) {
      const auto size = static_cast<unsigned char>(question[at]);
      name += question.substr(at + 1, size) + ".";
      at += size + 1U;
    }
    const int type = question[at + 2];
    const std::string asked = question.substr(12, at + 5 - 12);
    if (name == "silent.") return {};
    const auto found = records_.find(name);
    std::string records;
    unsigned count = 0;
    for (const auto& text : found == records_.end() ? std::vector<std::string>() : found->second.addresses) {
      const auto address = *IpAddress::parse(text);
      if (address.is_v4() != (type == 1)) continue;
      ++count;
      put(records, 0xc00c, 2);
      put(records, static_cast<std::uint32_t>(type), 2);
      put(records, 1, 2);
      put(records, found->second.ttl, 4);
      const std::string bytes(reinterpret_cast<const char*>(address.bytes().data()), 16);
      put(records, type == 1 ? 4 : 16, 2);
      records += type == 1 ? bytes.substr(12) : bytes;
    }
    std::string reply = question.substr(0, 2);
    put(reply, found == records_.end() ? 0x8183 : 0x8180, 2);
    put(reply, 1, 2);
    put(reply, count, 2);
    put(reply, 0, 4);
    return reply + asked + records;
  }

  std::map<std::string, Record> records_;
  UniqueFd socket_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

class ResolverTest : public ::testing::Test {
 protected:
  FakeDns dns{{{"api.example.", {{"192.0.2.1", "192.0.2.2", "2001:db8::1"}, 30}},
               {"four.example.", {{"192.0.2.4"}, 300}},
               {"zero.example.", {{"192.0.2.5"}, 0}}}};
  Worker worker{0};
  std::unique_ptr<Resolver> resolver = make_resolver(worker, {.timeout = 5s, .servers = {dns.endpoint()}});

  Result<Resolved> resolve(const std::string& host) {
    std::optional<Result<Resolved>> answer;
    resolver->resolve(host, [&](Result<Resolved> result) { answer = std::move(result); });
    EXPECT_FALSE(answer) << "called inside resolve()";
    EXPECT_TRUE(testing::run_until(worker, [&] { return answer.has_value(); }));
    return *answer;
  }

  static std::vector<std::string> texts(const Resolved& resolved) {
    std::vector<std::string> list;
    for (const auto& address : resolved.addresses) list.push_back(address.to_string());
    std::sort(list.begin(), list.end());
    return list;
  }
};

TEST_F(ResolverTest, ALiteralIsItsOwnAnswerForEver) {
  for (const char* literal : {"192.0.2.7", "2001:db8::7"}) {
    const auto result = resolve(literal);
    ASSERT_TRUE(result);
    EXPECT_EQ(texts(*result), std::vector<std::string>{literal});
    EXPECT_EQ(result->ttl, Duration::max());
  }
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(ResolverTest, LocalhostIsLoopbackWithoutAQuestion) {
  const auto result = resolve("localhost");
  ASSERT_TRUE(result) << result.error().message();
  for (const auto& address : result->addresses) EXPECT_TRUE(address.is_loopback());
  EXPECT_GE(result->ttl, 1s);
  EXPECT_EQ(dns.questions(), 0);
}

TEST_F(ResolverTest, GivesBothFamiliesAndTheTimeToLive) {
  const auto result = resolve("api.example.");
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(texts(*result), (std::vector<std::string>{"192.0.2.1", "192.0.2.2", "2001:db8::1"}));
  EXPECT_EQ(result->ttl, 30s);
}

TEST_F(ResolverTest, OneFamilyIsEnough) {
  const auto result = resolve("four.example.");
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(texts(*result), std::vector<std::string>{"192.0.2.4"});
  EXPECT_EQ(result->ttl, 300s);
}

TEST_F(ResolverTest, ATimeToLiveOfZeroIsASecond) {
  const auto result = resolve("zero.example.");
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->ttl, 1s);
}

TEST_F(ResolverTest, AnUnknownNameIsNotFound) {
  const auto result = resolve("nowhere.example.");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(result.error().source(), ErrorSource::kUpstream);
  EXPECT_EQ(result.error().reason(), "dns_not_found");
}

TEST_F(ResolverTest, WhatIsNoNameIsNotFound) {
  for (const char* host : {"a..example.", ".example."}) {
    const auto result = resolve(host);
    ASSERT_FALSE(result) << host;
    EXPECT_EQ(result.error().kind(), ErrorKind::kNotFound) << result.error().message();
  }
}

TEST_F(ResolverTest, ASilentServerIsATimeout) {
  resolver = make_resolver(worker, {.timeout = 100ms, .servers = {dns.endpoint()}});
  const auto start = std::chrono::steady_clock::now();
  const auto result = resolve("silent.");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kTimeout);
  EXPECT_EQ(result.error().reason(), "dns_timeout");
  EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
}

TEST_F(ResolverTest, AnswersManyAtOnce) {
  int answered = 0;
  for (int i = 0; i < 60; ++i) {
    resolver->resolve(i % 2 == 0 ? "api.example." : "nowhere.example.", [&answered, i](Result<Resolved> result) {
      EXPECT_EQ(result.has_value(), i % 2 == 0);
      ++answered;
    });
  }
  EXPECT_TRUE(testing::run_until(worker, [&] { return answered == 60; }));
}

TEST_F(ResolverTest, ADestroyedResolverCallsNoOneBack) {
  resolver->resolve("192.0.2.7", [](const Result<Resolved>&) { FAIL(); });
  resolver->resolve("api.example.", [](const Result<Resolved>&) { FAIL(); });
  resolver->resolve("silent.", [](const Result<Resolved>&) { FAIL(); });
  resolver.reset();
  bool turned = false;
  worker.post([&] { turned = true; });
  EXPECT_TRUE(testing::run_until(worker, [&] { return turned; }));
  EXPECT_TRUE(worker.timers().empty());
}

TEST_F(ResolverTest, ACallbackMayDestroyItsResolver) {
  bool called = false;
  resolver->resolve("api.example.", [&](const Result<Resolved>&) {
    resolver.reset();
    called = true;
  });
  EXPECT_TRUE(testing::run_until(worker, [&] { return called; }));
}

}  // namespace
}  // namespace gatehouse::net
