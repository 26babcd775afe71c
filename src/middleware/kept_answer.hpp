// From an answer's head to what is kept, and back. One thread.
#pragma once

#include "freshness.hpp"

#include "gatehouse/http/head.hpp"
#include "gatehouse/middleware/response_cache.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::middleware {

// What decides about keeping. Views over the head.
struct ReadAnswer {
  AnswerFacts facts;
  std::vector<std::string> vary;  // sorted
  std::string_view etag;
  bool has_validator = false;
};
ReadAnswer read_answer(const http::ResponseHead& head);

// The fields of `head` that are everybody's, with a Date.
void keep_fields(const http::ResponseHead& head, WallTime received, CacheEntry& entry);
// The fields of `old` with those of a 304 in place of theirs (RFC 9111 section 3.2).
void keep_updated_fields(const CacheEntry& old, const http::ResponseHead& head, WallTime received, CacheEntry& entry);
void keep_lifetime(const Lifetime& lifetime, CacheEntry& entry);

// A head with these fields, for AnswerFacts of a kept answer.
ReadAnswer read_entry(const CacheEntry& entry, Arena& arena);

// Whether a 304 is about this answer.
bool confirms(const http::ResponseHead& head, const CacheEntry& entry);

// Whether the client has this answer already (RFC 9110 section 13.2.2).
bool client_has(const http::Fields& request, const CacheEntry& entry);

// `head` becomes the kept answer's: 200 with its length, or 304. Whatever `head` said is gone.
void become(http::ResponseHead& head, const CacheEntry& entry, pipeline::RequestContext& context, bool unchanged, TimePoint now);

}  // namespace gatehouse::middleware
