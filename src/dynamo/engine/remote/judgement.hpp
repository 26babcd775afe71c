// What came of one try, whether another makes sense, and what the client is told in the end. Pure functions.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/dynamo/wire/operation.hpp"

#include <string>
#include <string_view>

namespace gatehouse::dynamo {

enum class Fate : unsigned char {
  kAnswered,
  kNotDone,        // the request was never sent
  kUnknown,        // sent, and no answer that can be believed
  kNoCredentials,  // nothing to sign it with
};

struct TryResult {
  Fate fate = Fate::kNotDone;
  int status = 0;     // of kAnswered
  std::string body;   // of kAnswered
  std::string cause;  // of all others, for the log
};

// True for what the store says it has not done, what was never sent, and failed reads.
bool worth_repeating(const TryResult& result, Operation operation);

// What the body must sum up to, as x-amz-crc32 says it; an empty header says nothing.
bool matches_crc32(std::string_view header, std::string_view body);

struct FinalAnswer {
  int status = 0;
  std::string body;
};
// The store's own answer as it came, or a fault in its place.
FinalAnswer final_answer(TryResult result, Operation operation);

// Before try number `tries` + 1: full jitter over 50 ms · 2^(tries - 1), at most 5 s. `random`: any 64 bits.
Duration backoff(unsigned tries, std::uint64_t random);

}  // namespace gatehouse::dynamo
