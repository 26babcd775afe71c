#include "side.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/ids.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace gatehouse::dynamo {
namespace {

constexpr unsigned kMostTries = 30;  // about a minute and a half
constexpr auto kLongestPause = std::chrono::milliseconds(5000);

bool is_busy(int status, const ToldFault& fault) {
  return status >= 500 || fault.type == "ProvisionedThroughputExceededException" || fault.type == "ThrottlingException" ||
         fault.type == "RequestLimitExceeded" || fault.type == "LimitExceededException";
}

}  // namespace

Error copy_error(std::string message) {
  return {ErrorKind::kUnavailable, ErrorSource::kGateway, "copy_failed", std::move(message)};
}

ToldFault read_fault(std::string_view json) {
  ToldFault fault;
  if (!is_valid_utf8(json)) return fault;
  Arena arena;
  JsonReader reader(json, arena);
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::string_view text;
    if (reader.peek() != JsonReader::Kind::kString) {
      reader.skip();
      continue;
    }
    reader.read_string(text);
    if (*name == "__type") fault.type = text.substr(text.rfind('#') + 1);  // npos + 1 is 0
    if (*name == "message" || *name == "Message") fault.message = text;
  }
  return fault;
}

bool pause_before_next(unsigned tries) {
  if (tries >= kMostTries) return false;
  const auto most = std::min(std::chrono::milliseconds(50) * (1 << std::min(tries, 10U)), kLongestPause);
  std::this_thread::sleep_for(most / 2 + most * (random_u64() % 1024) / 2048);
  return true;
}

Result<void> Side::reach() const {
  std::string answer;
  if (engine_.execute_blocking(Operation::kListTables, "{\"Limit\":1}", answer) < 500) return {};
  return copy_error(name_ + ": " + read_fault(answer).message);
}

Result<std::string> Side::call(Operation operation, std::string_view body) const {
  for (unsigned tries = 1;; ++tries) {
    std::string answer;
    const int status = engine_.execute_blocking(operation, body, answer);
    if (status == 200) return answer;
    const ToldFault fault = read_fault(answer);
    if (is_busy(status, fault) && pause_before_next(tries)) continue;
    return copy_error(name_ + ": " + std::string(operation_name(operation)) + ": " + fault.type + ": " + fault.message);
  }
}

Result<bool> Side::find(Operation operation, std::string_view body, std::string& answer) const {
  const int status = engine_.execute_blocking(operation, body, answer);
  if (status == 400 && read_fault(answer).type == "ResourceNotFoundException") {
    answer.clear();
    return false;
  }
  if (status == 200) return true;
  auto again = call(operation, body);
  if (!again) return again.error();
  answer = std::move(*again);
  return true;
}

}  // namespace gatehouse::dynamo
