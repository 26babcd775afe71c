// A client connection and the raw other end of it, both on the test's thread.
#pragma once

#include "gatehouse/http/client.hpp"
#include "gatehouse/net/task_group.hpp"
#include "unit/http/client_support.hpp"
#include "unit/net/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::http::testing {

using net::testing::run_until;
using net::testing::tcp_pair;

class Http1ClientTest : public ::testing::Test {
 protected:
  Http1ClientTest() {
    auto [ours, theirs] = tcp_pair();
    backend = std::move(theirs);
    connect(net::make_plain_stream(std::move(ours)));
  }

  void connect(std::unique_ptr<net::Stream> stream) {
    client = make_http1_client(worker, std::move(stream));
    ASSERT_NE(client, nullptr);
    client->on_idle_end([this](ClientConnection&) { ++idle_ends; });
  }

  UpstreamCall& begin() { return *(call = &client->begin(waiter)); }

  UpstreamCall& begin_get(std::string_view target = "/") {
    begin().send(get(target), {}, More::kNo);
    return *call;
  }

  // Takes the answer of the present call; the backend's part was said before, or is said by `meanwhile`.
  Answer take(std::size_t bite = SIZE_MAX) {
    Answer answer;
    tasks.spawn("answer", run_answer(call, &waiter, &answer, bite));
    EXPECT_TRUE(run_until(worker, [&] { return answer.done; }));
    return answer;
  }

  Answer get_answer(std::string_view response) {
    begin_get();
    request = hear_head(backend.get());
    say(backend.get(), response);
    return take();
  }

  // The same, and the backend closes behind it.
  Answer get_last_answer(std::string_view response) {
    begin_get();
    hear_head(backend.get());
    say(backend.get(), response);
    backend.reset();
    return take();
  }

  void overwrite_receive_buffer() { std::ranges::fill(worker.receive_buffer(), '?'); }

  // Lets the worker handle what the kernel already knows.
  void settle() {
    bool turned = false;
    worker.post([&] { turned = true; });
    run_until(worker, [&] { return turned; });
    worker.reactor().poll();
    worker.ready().run();
  }

  net::Worker worker{0};
  net::Waiter waiter{worker.ready()};
  net::UniqueFd backend;
  std::unique_ptr<ClientConnection> client;
  UpstreamCall* call = nullptr;
  std::string request;
  int idle_ends = 0;
  net::TaskGroup tasks{worker};
};

}  // namespace gatehouse::http::testing
