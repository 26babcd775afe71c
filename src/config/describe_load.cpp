// How much is taken on at once: concurrency limits and the memory budget.
#include "descriptions.hpp"
#include "scalars.hpp"

#include <optional>

namespace gatehouse::config {
namespace {

using middleware::MemoryLimit;
using middleware::MemorySettings;

constexpr std::uint32_t kMost = 10'000'000;
constexpr Integer<> kBound{0, kMost};

void describe_concurrency(Fields& f, net::PermitSettings& s) {
  f.field("max", s.max, Integer<>{1, kMost}, "In progress at once.", Need::kRequired);
  f.field("queue", s.queue, Integer<>{0, 1'000'000}, "So many may wait in line, first come, first served.");
  f.field("wait", s.wait, kDuration, "For how long; then 503.");
}
constexpr Object<net::PermitSettings> kConcurrency{"concurrency", "A bound on requests in progress, with a line to wait in.",
                                                   "{max: 100, queue: 50, wait: 2s}", describe_concurrency};

bool parse_memory_limit(std::string_view text, MemoryLimit& value, Complaint& complaint) {
  if (text == "none") {
    value.kind = MemoryLimit::Kind::kNone;
    return true;
  }
  MemoryLimit limit;
  if (text.ends_with('%')) {
    if (!kPercentage.parse(text, limit.share, complaint) || limit.share <= 0) return false;
  } else {
    limit.kind = MemoryLimit::Kind::kBytes;
    if (!kAnySize.parse(text, limit.bytes, complaint) || limit.bytes < kMiB) return false;
  }
  value = limit;
  return true;
}

std::string print_memory_limit(const MemoryLimit& value) {
  switch (value.kind) {
    case MemoryLimit::Kind::kNone: return "none";
    case MemoryLimit::Kind::kBytes: return kAnySize.print(value.bytes);
    case MemoryLimit::Kind::kShare: break;
  }
  return kPercentage.print(value.share);
}

constexpr Text<MemoryLimit> kMemoryLimit{"memory_limit",
                                         "a size of at least 1MB, a percentage such as 80%, or none",
                                         "^(none|[0-9]+(\\.[0-9]+)?%|[0-9]+(B|KB|MB|GB)?)$",
                                         {"1GB", "80%", "none"},
                                         parse_memory_limit,
                                         print_memory_limit,
                                         true};

void describe_memory(Fields& f, MemorySettings& s) {
  f.field("limit", s.limit, kMemoryLimit,
          "How much may be in use. A size bounds this process; a percentage is of what the control group allows to all in "
          "it, or, without such a bound, of the machine's memory. none: nobody watches.");
  f.field("refuse_requests", s.refuse_requests, kPercentage,
          "From this share of the limit on new requests get 503; those in progress go on.");
  f.field("refuse_connections", s.refuse_connections, kPercentage, "From this share on new connections get 503 and are closed.");
  if (f.reading() != nullptr && s.refuse_requests > s.refuse_connections) {
    f.reading()->problem("connections would be refused before requests are", "give refuse_connections the larger share");
  }
}

}  // namespace

constexpr Object<MemorySettings> kMemory{"memory", "Turns work away before the process runs out of memory.",
                                         "{limit: 1GB}", describe_memory};

std::string Concurrency::expected() const { return kBound.expected() + ", or " + kConcurrency.expected(); }

std::string Concurrency::print(const Value& value) const { return value.max == 0 ? std::string() : std::to_string(value.max); }

bool Concurrency::read(const Cursor& at, Value& value) const {
  if (at.node().kind == Node::Kind::kMap) return kConcurrency.read(at, value);
  if (at.node().kind == Node::Kind::kScalar) return kBound.read(at, value.max);
  at.mismatch(expected());
  return false;
}

Shape Concurrency::shape(Model& model) const {
  return {Shape::Kind::kEither, "", 0, 0, {}, {kBound.shape(model), kConcurrency.shape(model)}};
}

}  // namespace gatehouse::config
