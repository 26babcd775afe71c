// A lookup must allocate nothing.
#include "gatehouse/routing/router.hpp"
#include "routes.hpp"
#include "support/allocations.hpp"

#include <gtest/gtest.h>

namespace gatehouse::routing {
namespace {

TEST(RouterAllocationTest, LookupAmongTenThousandRoutesAllocatesNothing) {
  testing::TestRoutes routes;
  std::vector<std::string> texts{"ANY /files/{proxy+}", "$default"};
  for (int i = 0; i < 10'000; ++i)
    texts.push_back("GET /service" + std::to_string(i % 100) + "/r" + std::to_string(i) + "/{id}/items/{item}");
  routes.add_api({texts, {"api.example.com", "*.example.com"}, "/v1"});
  const Router& router = routes.router();
  const testing::FakeFields fields({{"Host", "api.example.com"}, {"X-A", "1"}});

  const std::uint64_t before = gatehouse::testing::allocations();
  std::size_t found = 0;
  for (const std::string_view path : {"/v1/service17/r4217/42/items/7", "/v1/files/a/b/c", "/v1/nothing/there",
                                      "/v1/service1/r4217/1/items/2", "/v1/service0/r9900/x/items/y"}) {
    for (const std::string_view host : {"api.example.com:8080", "other.example.com", "example.org"}) {
      for (const std::string_view method : {"GET", "HEAD", "POST"}) {
        pipeline::PathParams params;
        found += router.match({host, method, path, "a=b", &fields.fields()}, params).route != nullptr ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(gatehouse::testing::allocations() - before, 0u);
  EXPECT_EQ(found, 30u);  // $default takes what the two hosts have no other route for
  std::string counted(100, 'x');
  EXPECT_GT(gatehouse::testing::allocations(), before) << "the counter does not count";
}

}  // namespace
}  // namespace gatehouse::routing
