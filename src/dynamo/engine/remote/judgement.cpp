#include "judgement.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(5);
constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

bool is_object(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{';
}

bool is_throttling(std::string_view body) {
  if (!is_object(body) || !is_valid_utf8(body)) return false;
  Arena arena;
  JsonReader reader(body, arena);
  for (reader.begin_object(); const auto name = reader.next_name();) {
    if (*name != "__type" || reader.peek() != JsonReader::Kind::kString) {
      reader.skip();
      continue;
    }
    std::string_view type;
    reader.read_string(type);
    type.remove_prefix(type.rfind('#') + 1);  // npos + 1 is 0
    return type == "ProvisionedThroughputExceededException" || type == "ThrottlingException" || type == "RequestLimitExceeded";
  }
  return false;
}

FinalAnswer told(FaultType type, std::string message) {
  FinalAnswer answer{fault_status(type), {}};
  Fault(type, std::move(message)).write(answer.body);
  return answer;
}

FinalAnswer not_reached() { return told(FaultType::kServiceUnavailable, "The store cannot be reached. Try again later"); }

FinalAnswer not_known(Operation operation) {
  if (!is_write(operation)) return told(FaultType::kServiceUnavailable, "The store did not answer. Try again later");
  return told(FaultType::kInternalServerError,
              "The store did not answer: it is not known whether the request has been carried out");
}

}  // namespace

bool worth_repeating(const TryResult& result, Operation operation) {
  switch (result.fate) {
    case Fate::kNotDone: return true;
    case Fate::kUnknown: return !is_write(operation);
    case Fate::kNoCredentials: return false;
    case Fate::kAnswered: break;
  }
  if (result.status == kUnavailable || result.status == kTooManyRequests) return true;
  if (result.status >= 500) return !is_write(operation);
  return result.status >= 400 && is_throttling(result.body);
}

bool matches_crc32(std::string_view header, std::string_view body) {
  if (header.empty()) return true;
  const auto sum = parse_u64(header);
  return sum && *sum == crc32(body);
}

FinalAnswer final_answer(TryResult result, Operation operation) {
  if (result.fate == Fate::kNoCredentials)
    return told(FaultType::kServiceUnavailable, "There are no credentials for the store: its requests cannot be signed");
  if (result.fate == Fate::kNotDone) return not_reached();
  if (result.fate == Fate::kUnknown) return not_known(operation);
  // Amazon answers TagResource and UntagResource with nothing.
  const bool empty_success = result.status == 200 && result.body.empty();
  if (is_object(result.body) || empty_success) return {result.status, std::move(result.body)};
  // Something that stands before the store, or is none.
  const bool refused = result.status == kUnavailable || (result.status >= 400 && result.status < 500);
  return refused ? not_reached() : not_known(operation);
}

Duration backoff(unsigned tries, std::uint64_t random) {
  const unsigned doublings = std::min(tries == 0 ? 0U : tries - 1, 10U);
  const Duration most = std::min(kFirstPause * (1 << doublings), kLongestPause);
  const double share = static_cast<double>(random >> 11) * 0x1p-53;
  return std::chrono::duration_cast<Duration>(most * share);
}

}  // namespace gatehouse::dynamo
