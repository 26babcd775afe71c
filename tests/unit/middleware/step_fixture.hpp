// One request on a worker that does not run, and the steps under test on its route.
#pragma once

#include "gatehouse/middleware/steps.hpp"
#include "gatehouse/net/worker.hpp"
#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::middleware {

using gatehouse::testing::count_fields;
using gatehouse::testing::FakeExchange;
using gatehouse::testing::FakeFields;
using gatehouse::testing::FieldList;
using gatehouse::testing::find_field;

// A request on `route`, which must outlive it.
struct Request {
  Request(net::Worker& worker, const pipeline::Route& route, std::string method, std::string target,
          const FieldList& fields = {})
      : exchange(worker, std::move(method), std::move(target), fields), context(exchange, route) {
    context.path = exchange.request().path;
    context.host = exchange.request().authority;
    context.client = exchange.peer().remote.address;
    context.scheme = "http";
  }

  // What the gateway does: steps on the way in, then `backend` or the first answer on the way out. True when no step
  // answered.
  bool run(const FieldList& backend = {{"Content-Type", "text/plain"}}) {
    for (const auto& step : context.route.steps) {
      const pipeline::Decision decision = step->on_request(context);
      if (decision.answer()) {
        context.answer(*decision.answer());
        return false;
      }
    }
    backend_fields.assign(backend);
    http::ResponseHead head(context.arena());
    head.base = &backend_fields.fields();
    context.respond(head, "hello", http::More::kNo);
    return true;
  }

  // The fields that a backend would see.
  FieldList forwarded() { return gatehouse::testing::apply_edits(&exchange.request().fields, &context.request_edits); }
  std::optional<std::string> field(std::string_view name) const { return exchange.field(name); }

  FakeExchange exchange;
  FakeFields backend_fields;
  pipeline::RequestContext context;
};

class StepTest : public ::testing::Test {
 protected:
  StepTest() {
    route_.api = "shop";
    route_.label = "GET /v1/orders/{id}";
  }

  net::Worker worker_{0};
  pipeline::Route route_;
};

}  // namespace gatehouse::middleware
