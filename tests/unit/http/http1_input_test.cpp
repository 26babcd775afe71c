#include "http/http1_input.hpp"

#include "gatehouse/net/stream.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::http {
namespace {

class TextStream final : public net::Stream {
 public:
  explicit TextStream(std::string text) : Stream(net::UniqueFd()), text_(std::move(text)) {}
  net::IoResult read(std::span<char> into) override {
    if (text_.empty()) return {net::IoStatus::kBlocked, 0, 0};
    const std::size_t size = text_.copy(into.data(), into.size());
    text_.erase(0, size);
    return {net::IoStatus::kOk, size, 0};
  }
  net::IoResult write(std::span<const iovec>) override { return {net::IoStatus::kFailed, 0, 0}; }

 private:
  std::string text_;
};

TEST(Http1InputTest, KeepsWhatWasBorrowed) {
  net::Worker worker(0);
  std::string shared = "one two";
  Http1Input input;
  input.borrow(shared, worker);
  input.consume(4);
  EXPECT_EQ(input.view().data(), shared.data() + 4);
  input.keep();
  shared = "xxxxxxx";
  EXPECT_EQ(input.view(), "two");
  input.consume(3);
  EXPECT_TRUE(input.empty());
}

TEST(Http1InputTest, LeavesTheReceiveBufferToWhoUsesItNext) {
  net::Worker worker(0);
  const auto fill = [&worker](const char* text) {
    const std::span<char> buffer = worker.receive_buffer();
    return std::string_view(buffer.data(), std::string_view(text).copy(buffer.data(), buffer.size()));
  };
  Http1Input first;
  Http1Input second;
  first.borrow(fill("first"), worker);
  second.borrow(fill("later"), worker);
  EXPECT_EQ(first.view(), "first");
  first.clear();  // the guest is another one by now
  fill("xxxxx");
  EXPECT_EQ(second.view(), "later");
  {
    Http1Input gone;
    gone.borrow(fill("gone"), worker);
  }
  fill("xxxxx");
}

TEST(Http1InputTest, ReceivesBehindWhatWasBorrowed) {
  TextStream stream("three four");
  net::Worker worker(0);
  const std::string shared = "one two ";
  Http1Input input;
  input.borrow(shared, worker);
  input.consume(4);
  EXPECT_EQ(input.receive(stream, 6).bytes, 6u);
  EXPECT_EQ(input.view(), "two three ");
  EXPECT_EQ(input.receive(stream, 100).bytes, 4u);
  EXPECT_EQ(input.view(), "two three four");
  EXPECT_EQ(input.receive(stream, 100).status, net::IoStatus::kBlocked);
  EXPECT_EQ(input.view(), "two three four");
}

TEST(Http1InputTest, StaysAsItIsInASmallerBlock) {
  TextStream stream("a few bytes");
  Http1Input input;
  input.receive(stream, 256 * 1024);
  const char* const before = input.view().data();
  input.fit();
  EXPECT_NE(input.view().data(), before);
  EXPECT_EQ(input.view(), "a few bytes");
  const char* const fitted = input.view().data();
  input.fit();
  EXPECT_EQ(input.view().data(), fitted);
}

}  // namespace
}  // namespace gatehouse::http
