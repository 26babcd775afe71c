// The session over streams that a kernel does not give: endless, and taking little at a time.
#include "http/http1_session.hpp"
#include "http/session_host.hpp"
#include "unit/http/session_support.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>

namespace gatehouse::http::testing {
namespace {

using namespace std::chrono_literals;

// What the test and the stream both see. Worker's thread, but for the atomics.
struct Wire {
  std::string to_read;  // first this, then `endless` bytes
  std::uint64_t endless = 0;
  std::size_t write_at_most = SIZE_MAX;
  bool broken = false;  // for writing
  std::string written;
  bool shut = false;
  int reads = 0;
  Signal closed;
};

class FakeStream final : public net::Stream {
 public:
  explicit FakeStream(Wire& wire) : Stream(net::UniqueFd(::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC))), wire_(wire) {}
  ~FakeStream() override { wire_.closed.set(); }

  net::IoResult read(std::span<char> into) override {
    ++wire_.reads;
    if (!wire_.to_read.empty()) {
      const std::size_t size = wire_.to_read.copy(into.data(), into.size());
      wire_.to_read.erase(0, size);
      return {net::IoStatus::kOk, size, 0};
    }
    if (wire_.endless == 0) {
      may_read_ = false;
      return {net::IoStatus::kBlocked, 0, 0};
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), wire_.endless));
    std::fill_n(into.data(), size, 'x');
    wire_.endless -= size;
    return {net::IoStatus::kOk, size, 0};
  }
  net::IoResult write(std::span<const iovec> from) override {
    if (wire_.broken) return {net::IoStatus::kFailed, 0, EPIPE};
    std::size_t taken = 0;
    for (const iovec& piece : from) {
      const std::size_t size = std::min(piece.iov_len, wire_.write_at_most - taken);
      wire_.written.append(static_cast<const char*>(piece.iov_base), size);
      taken += size;
    }
    return {net::IoStatus::kOk, taken, 0};
  }
  void shutdown_write() override { wire_.shut = true; }

 private:
  Wire& wire_;
};

class SessionStreamTest : public SessionTest {
 protected:
  ~SessionStreamTest() override {
    on_worker([this] { host_.reset(); });
  }

  void run(ScriptedHandler::Script script) {
    handler_.set_script(std::move(script));
    on_worker([this] {
      host_ = std::make_unique<SessionHost>(*worker_, limits_, handler_, ServerSettings(), IpSet());
      limits_->admit(peer_.remote.address, 1, 0);
      auto* const session =
          new Http1Session(*host_, std::make_unique<FakeStream>(wire_), peer_, Http1Session::Admission::kByListener);
      ASSERT_TRUE(session->open());
    });
  }
  // Runs on the worker in every turn until `done`; notes how many reads came between two.
  void watch_reads() {
    most_reads_ = std::max(most_reads_, wire_.reads - reads_seen_);
    reads_seen_ = wire_.reads;
    ++turns_;
    if (!stop_watching_) worker_->post([this] { watch_reads(); });
  }

  Wire wire_;
  Peer peer_;
  std::unique_ptr<SessionHost> host_;
  int reads_seen_ = 0;
  int most_reads_ = 0;
  int turns_ = 0;
  std::atomic<bool> stop_watching_ = false;
};

TEST_F(SessionStreamTest, ReadsAnEndlessBodyInTurnWithOthers) {
  constexpr std::uint64_t kTotal = 64 * kMiB;
  wire_.to_read = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n";
  wire_.endless = kTotal;
  std::uint64_t consumed = 0;
  Signal done;
  on_worker([this] { watch_reads(); });
  run([&](Exchange& exchange) -> net::Task<void> {
    exchange.set_body_limit(kTotal);
    while (true) {
      const BodyChunk chunk = exchange.poll_body();
      if (chunk.state == BodyState::kPending) {
        co_await exchange.waiter();
      } else if (chunk.state == BodyState::kData) {
        consumed += chunk.bytes.size();
        exchange.consume_body(chunk.bytes.size());
      } else {
        break;
      }
    }
    net::Task<void> answering = answer_text(exchange, 200, "thanks");
    co_await answering;
    done.set();
  });
  ASSERT_TRUE(done.wait());
  stop_watching_ = true;
  on_worker([&] {
    EXPECT_EQ(consumed, kTotal);
    EXPECT_LE(most_reads_, 6);
    EXPECT_GT(turns_, 40);
    EXPECT_NE(wire_.written.find("thanks"), std::string::npos);
  });
}

TEST_F(SessionStreamTest, LingersInTurnWithOthersAndNotForever) {
  wire_.to_read = "nonsense\r\n\r\n";
  wire_.endless = UINT64_MAX;
  on_worker([this] { watch_reads(); });
  run(sleep_until_failed);
  ASSERT_TRUE(wire_.closed.wait());
  stop_watching_ = true;
  on_worker([&] {
    EXPECT_TRUE(wire_.shut);
    EXPECT_LE(most_reads_, 6);
    EXPECT_GT(turns_, 40);
    EXPECT_EQ(wire_.written.substr(0, 12), "HTTP/1.1 400");
  });
}

TEST_F(SessionStreamTest, SendsAllToAStreamThatTakesLittleAtATime) {
  wire_.to_read = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  wire_.write_at_most = 7;
  const std::string large(10'000, 'y');
  Signal done;
  run([&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head(exchange.arena());
    exchange.respond(head, large, More::kYes);
    EXPECT_TRUE(exchange.drained());
    exchange.write("the end", More::kNo);
    EXPECT_TRUE(exchange.drained());
    done.set();
    co_return;
  });
  ASSERT_TRUE(done.wait());
  on_worker([&] {
    EXPECT_NE(wire_.written.find("\r\n\r\n2710\r\n" + large + "\r\n7\r\nthe end\r\n0\r\n\r\n"), std::string::npos);
  });
}

TEST_F(SessionStreamTest, EndsWhenAWriteFails) {
  wire_.to_read = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  wire_.broken = true;
  Failure failure = Failure::kNone;
  std::uint64_t sent = 1;
  run([&](Exchange& exchange) -> net::Task<void> {
    ResponseHead head(exchange.arena());
    exchange.respond(head, "text", More::kYes);
    failure = exchange.failure();
    sent = exchange.bytes_sent();
    exchange.write("more", More::kNo);
    exchange.abort();
    EXPECT_EQ(exchange.upgrade(head).stream, nullptr);
    co_return;
  });
  ASSERT_TRUE(wire_.closed.wait());
  ASSERT_TRUE(handler_.wait_for_closed(1));
  on_worker([&] {
    EXPECT_EQ(failure, Failure::kClientGone);
    EXPECT_EQ(sent, 0u);
    EXPECT_EQ(host_->sessions(), 0u);
  });
}

TEST_F(SessionStreamTest, GivesNoStreamOutWhenTheUpgradeCannotBeSent) {
  wire_.to_read = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  wire_.broken = true;
  bool given = true;
  run([&](Exchange& exchange) -> net::Task<void> {
    const ResponseHead head(exchange.arena());
    given = exchange.upgrade(head).stream != nullptr;
    co_return;
  });
  ASSERT_TRUE(handler_.wait_for_closed(1));
  on_worker([&] {
    EXPECT_FALSE(given);
    EXPECT_EQ(limits_->open(), 0u);
  });
}

TEST_F(SessionStreamTest, EndsWhenAnswersThatWereGatheredCannotBeSent) {
  wire_.to_read = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3";
  wire_.broken = true;
  run([](Exchange& exchange) { return answer_text(exchange, 200, "ok"); });
  ASSERT_TRUE(handler_.wait_for_closed(1));
  EXPECT_EQ(handler_.requests(), 2);
}

}  // namespace
}  // namespace gatehouse::http::testing
