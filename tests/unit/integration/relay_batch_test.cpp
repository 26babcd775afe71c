#include "integration/relay_batch.hpp"

#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::integration {
namespace {

// Notes what lay in the buffer when it was asked to send.
class Note final : public RelayBatch::Sender {
 public:
  using Towards = RelayBatch::Towards;
  explicit Note(std::string& to, Towards towards = Towards::kBackend) : to_(to), towards_(towards) {}
  void keep(RelayBatch& batch, net::Worker& worker, std::string_view bytes) {
    const auto room = batch.room(worker);
    ASSERT_EQ(room.size(), RelayBatch::kRoom);
    std::ranges::copy(bytes, room.begin());
    bytes_ = {room.data(), bytes.size()};
    batch.keep(worker, *this, bytes.size(), towards_);
  }
  void send_batched() override { to_ += bytes_; }

 private:
  std::string& to_;
  Towards towards_;
  std::string_view bytes_;
};

class RelayBatchTest : public ::testing::Test {
 protected:
  // In one turn of the worker, to its end.
  void in_a_turn(const std::function<void()>& work) {
    bool done = false;
    worker.post([&] {
      work();
      worker.after_turn([&] { done = true; });
    });
    ASSERT_TRUE(net::testing::run_until(worker, [&] { return done; }));
  }

  net::Worker worker{0};
  std::string sent;
  Note first{sent}, second{sent}, to_client{sent, Note::Towards::kClient};
  RelayBatch batch;
};

TEST_F(RelayBatchTest, AllIsSentInItsOrderWhenTheBatchEnds) {
  in_a_turn([&] {
    first.keep(batch, worker, "one ");
    second.keep(batch, worker, "two");
    EXPECT_EQ(sent, "");
  });
  EXPECT_EQ(sent, "one two");
  in_a_turn([] {});
  EXPECT_EQ(sent, "one two");
}

TEST_F(RelayBatchTest, BackendsAreSentToBeforeClients) {
  in_a_turn([&] {
    first.keep(batch, worker, "one ");
    to_client.keep(batch, worker, "two");
    second.keep(batch, worker, "three ");
  });
  EXPECT_EQ(sent, "one three two");
}

TEST_F(RelayBatchTest, AllIsSentBeforeSomebodyElseUsesTheBuffer) {
  in_a_turn([&] {
    first.keep(batch, worker, "one ");
    second.keep(batch, worker, "two");
    std::ranges::fill(worker.receive_buffer(), 'x');
    EXPECT_EQ(sent, "one two");
    first.keep(batch, worker, " three");
  });
  EXPECT_EQ(sent, "one two three");
}

TEST_F(RelayBatchTest, AllIsSentWhenTheBufferIsFull) {
  const std::string piece(RelayBatch::kRoom, 'p');
  in_a_turn([&] {
    std::size_t kept = 0;
    while (sent.empty()) {
      ASSERT_LE(kept, net::Worker::kReceiveBuffer);
      first.keep(batch, worker, piece);
      kept += piece.size();
    }
  });
  EXPECT_TRUE(std::ranges::all_of(sent, [](char c) { return c == 'p'; }));
}

TEST_F(RelayBatchTest, WhoIsForgottenIsNotAsked) {
  in_a_turn([&] {
    first.keep(batch, worker, "one");
    second.keep(batch, worker, "two");
    to_client.keep(batch, worker, "three");
    batch.forget(first);
    batch.forget(to_client);
  });
  EXPECT_EQ(sent, "two");
}

TEST_F(RelayBatchTest, NobodyIsAskedWhenAllAreForgotten) {
  in_a_turn([&] {
    first.keep(batch, worker, "one");
    batch.forget(first);
    second.keep(batch, worker, "two");
  });
  EXPECT_EQ(sent, "two");
}

TEST_F(RelayBatchTest, ABatchThatIsGoneIsNotAsked) {
  in_a_turn([&] {
    auto gone = std::make_unique<RelayBatch>();
    first.keep(*gone, worker, "one");
  });
  EXPECT_EQ(sent, "");
}

}  // namespace
}  // namespace gatehouse::integration
