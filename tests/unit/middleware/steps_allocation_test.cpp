// Counts every allocation of this binary: what steps do for a request must make none.
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/middleware/authorizers.hpp"
#include "gatehouse/middleware/concurrency.hpp"
#include "gatehouse/middleware/overload.hpp"
#include "gatehouse/middleware/shared_buckets.hpp"
#include "step_fixture.hpp"

#include <cstdlib>
#include <memory>
#include <new>
#include <string>

namespace {
thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

// Out of sight of the compiler, which would miss the operator new that belongs to it.
[[gnu::noinline]] void release(void* memory) { std::free(memory); }
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return ++allocations, std::malloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return ++allocations, std::malloc(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace gatehouse::middleware {
namespace {

using namespace std::chrono_literals;
using Kind = FieldChange::Kind;

class StepsAllocationTest : public StepTest {
 protected:
  // Everything a step does for one request but what the exchange does itself.
  std::size_t allocations_of(const Step& step, Request& request, const FakeFields& backend) {
    const std::size_t before = allocations;
    {
      const pipeline::Decision decision = step->on_request(request.context);
      EXPECT_FALSE(decision.answer().has_value()) << step->name();
      http::ResponseHead head(request.context.arena());
      head.base = &backend.fields();
      step->on_response(request.context, head);
      step->on_end(request.context);
    }
    return allocations - before;
  }

  observe::Registry registry_{1};
  ManualClock clock_;
  std::shared_ptr<ThrottleTable> table_ = std::make_shared<ThrottleTable>();
};

TEST_F(StepsAllocationTest, NoStepAllocatesForARequestOnceItHasSeenOne) {
  const auto log = *observe::AccessLog::open({true, "/dev/null"}, 1, registry_);
  const auto value = *pipeline::ValueTemplate::parse("served $context.path", {});
  const ApiKeySettings keys{
      "x-api-key", "key", {{"one", crypto::sha256_hex("a key of more than sixteen bytes"), "free"}}};
  const auto ledger = std::make_shared<plans::Ledger>(1);
  const plans::Ledger::Wanted wanted{{"one", {plans::Unit::kMonth, 0}}};
  ledger->publish(wanted, ledger->make_missing(wanted));
  const plans::PlanSettings free{"free", {1000, 1s}, 1000, {100'000, {plans::Unit::kMonth, 0}}};
  const auto book = std::make_shared<const plans::PlanBook>(std::vector{free}, ledger, registry_);
  const auto shared = std::make_shared<SharedBuckets>(OnFailure::kLocal, 1, 50ms);
  const std::vector<Step> steps = {
      make_access_log(log, clock_, "shop", "GET /v1/orders/{id}"),
      make_access_log(log, clock_, "shop", "GET /v1/orders/{id}", {true, "/dev/null", "combined"}),
      make_tracing({}, std::make_shared<observe::SpanQueue>(registry_), clock_),
      make_metrics(registry_, "shop", "GET /v1/orders/{id}", clock_),
      make_limits(1000),
      make_overload(std::make_shared<Overload>()),
      make_concurrency({10}, std::make_shared<net::Permits>()),
      make_throttle({{ThrottleKey::kClientIp, {}, {1000, 1s}, 1000}}, {"shop", "shop", "shop"}, shared, clock_),
      make_cors({{"https://*.example.com"}, {"GET"}, {"x-a"}, {"x-b"}, true, 10min}),
      make_authenticate({{make_api_key(keys, std::make_shared<const KnownKeys>(keys.keys, nullptr, clock_))}}),
      make_throttle({{ThrottleKey::kClientIp, {}, {1000, 1s}, 1000}, {ThrottleKey::kRoute, {}, {1000, 1s}, 1000}},
                    {"shop", "shop", "shop"}, table_, clock_, {book, "free"}),
      make_transform(
          {{{Kind::kSet, "x-user", value}, {Kind::kRemove, "cookie", {}}}, {{Kind::kAppend, "x-by", value}}}),
  };
  const FakeFields backend(
      {{"Content-Type", "text/plain"}, {"Access-Control-Allow-Origin", "*"}, {"RateLimit-Limit", "1"}});
  // The second presents its key in the query, which has to be decoded.
  for (const std::string target : {"/v1/orders/7", "/v1/orders/7?key=a+key+of+more%20than%20sixteen+bytes"}) {
    FieldList fields{
        {"Origin", "https://shop.example.com"}, {"Cookie", "a=b"}, {"User-Agent", "curl/7.88.1 on some machine"},
        {"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"}};
    if (target.find('?') == std::string::npos) fields.emplace_back("x-api-key", "a key of more than sixteen bytes");
    for (const auto& step : steps) {
      Request first(worker_, route_, "GET", target, fields);
      first.context.status = 200;
      first.context.upstream.backend = "orders";
      first.context.identity = {"api_key", "one", "one", "free", {}};
      allocations_of(step, first, backend);
      EXPECT_EQ(allocations_of(step, first, backend), 0u) << step->name() << " " << target;
    }
  }
}

TEST_F(StepsAllocationTest, CountsWhatIsAllocated) {
  const std::size_t before = allocations;
  const std::string counted(100, 'x');
  EXPECT_GT(allocations, before);
}

}  // namespace
}  // namespace gatehouse::middleware
