// The raw side of a backend in tests, and a coroutine that takes a whole answer the way the gateway does: it sleeps on the
// waiter and nowhere else, so that a wake that is missing shows as a test that does not end.
#pragma once

#include "gatehouse/http/client.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/net/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http::testing {

// Blocking, for the descriptor of a test's own end; they throw when 20 s are not enough.
void say(int fd, std::string_view bytes);
std::string hear(int fd, std::size_t bytes);
std::string hear_head(int fd);
// Until the other side ends.
std::string hear_all(int fd);
// True when the other side ended or broke the connection.
bool hear_end(int fd);
// Closes with a reset.
void reset(net::UniqueFd& fd);

struct Answer {
  std::vector<int> informational;
  HeadState head = HeadState::kPending;
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::size_t pieces = 0;
  BodyState end = BodyState::kPending;
  std::vector<std::pair<std::string, std::string>> trailers;
  std::optional<Error> failure;
  bool done = false;
};

// At most `bite` bytes are consumed at a time. REQUIRES: what is pointed to outlives the task.
net::Task<void> run_answer(UpstreamCall* call, net::Waiter* waiter, Answer* answer, std::size_t bite = SIZE_MAX);

OutgoingRequest get(std::string_view target);
OutgoingRequest post(std::string_view target, std::optional<std::uint64_t> length);

}  // namespace gatehouse::http::testing
