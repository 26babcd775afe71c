// A format of access log lines: text with the $context variables of Amazon's gateways
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html) and a few of
// our own. Compiled once, shared by workers; writing allocates nothing.
#pragma once

#include "gatehouse/base/clock.hpp"
#include "gatehouse/base/error.hpp"
#include "gatehouse/base/units.hpp"
#include "gatehouse/http/exchange.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// What a line tells of. `context` is null for a head that was refused before it was a request.
struct LogFacts {
  const pipeline::RequestContext* context = nullptr;
  const IpAddress* client = nullptr;
  int status = 0;
  std::string_view reason;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  Duration took{};
  std::chrono::system_clock::time_point arrival{};
};

class LogFormat {
 public:
  static constexpr std::size_t kMostText = 3 * 1024;  // as Amazon has it

  // "combined", "common", or a text such as `$context.identity.sourceIp - $context.status`. The error names what is unknown and
  // the nearest name.
  static Result<LogFormat> parse(std::string_view text);

  // What a line takes at most.
  std::size_t longest() const { return longest_; }
  // Values are escaped as in JSON strings, so that a line stays a line; what there is not is "-". Returns the end.
  char* write(char* to, const LogFacts& facts) const;

 private:
  struct Part {
    std::string text;   // before the value, as it stands
    int variable = -1;  // none: text only
  };
  std::vector<Part> parts_;
  std::size_t longest_ = 0;
};

}  // namespace gatehouse::middleware
