// A proxied request between a fake client and raw sockets: the way through pool, transfer and relay is the real one.
#pragma once

#include "gatehouse/integration/http_proxy.hpp"
#include "gatehouse/pipeline/route.hpp"
#include "support/fake_exchange.hpp"
#include "unit/upstream/support.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace gatehouse::integration::testing {

using namespace std::chrono_literals;
using gatehouse::testing::FakeExchange;
using gatehouse::testing::FieldList;
using http::testing::hear;
using http::testing::hear_end;
using http::testing::hear_head;
using http::testing::say;
using net::testing::run_until;
using upstream::testing::RawBackend;

class ProxyTest : public ::testing::Test, protected upstream::BackendPools {
 protected:
  // After what the test sets in `config` and `proxy`.
  void make() {
    backend_ = upstream::Backend::make(config, clock).value();
    pool = std::make_unique<upstream::Pool>(worker, backend_, resolver);
    integration = make_http_proxy(proxy, std::shared_ptr<const upstream::BackendPools>(std::shared_ptr<void>(), this));
  }

  // Arranges the client's request; start() sends it on its way.
  FakeExchange& request(const std::string& method = "GET", const std::string& target = "/a",
                        const FieldList& fields = {{"Host", "gate.test"}}) {
    if (!integration) make();
    task.reset();
    exchange = std::make_unique<FakeExchange>(worker, method, target, fields);
    context = std::make_unique<pipeline::RequestContext>(*exchange, route);
    context->client = exchange->peer().remote.address;
    context->scheme = "http";
    context->host = exchange->request().authority;
    context->request_id = "r-1";
    context->path = exchange->request().path;
    return *exchange;
  }
  void start() {
    task = integration->serve(*context);
    task.start();
  }
  bool finish() {
    if (!run_until(worker, [&] { return task.done(); })) return false;
    task.take();
    return true;
  }
  void get() {
    request();
    start();
  }

  // The backend's end of the next connection, and the head of the request that comes over it.
  net::UniqueFd accept(RawBackend& from) {
    EXPECT_TRUE(run_until(worker, [&] { return from.has_connection(); }));
    return from.accept();
  }
  std::string hear_request(const net::UniqueFd& peer) {
    EXPECT_TRUE(run_until(worker, [&] { return net::testing::wait_readable(peer.get(), Duration()); }));
    return hear_head(peer.get());
  }
  // A request answered well, whose connection is kept; its other end.
  net::UniqueFd make_idle() {
    get();
    net::UniqueFd peer = accept(raw);
    hear_request(peer);
    say(peer.get(), "HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_TRUE(finish());
    EXPECT_EQ(pool->idle_connections(), 1u);
    return peer;
  }

  upstream::Pool& on(const net::Worker&) const override { return *pool; }
  upstream::Backend& backend() const override { return *backend_; }

  SystemClock clock;
  net::Worker worker{0};
  upstream::testing::FakeResolver resolver;
  RawBackend raw;
  upstream::BackendSettings config = upstream::testing::settings({upstream::testing::target("127.0.0.1", raw.port())});
  ProxySettings proxy;
  pipeline::Route route;
  std::shared_ptr<upstream::Backend> backend_;
  std::unique_ptr<upstream::Pool> pool;
  std::shared_ptr<const pipeline::Integration> integration;
  std::unique_ptr<FakeExchange> exchange;
  std::unique_ptr<pipeline::RequestContext> context;
  net::Task<void> task;
};

}  // namespace gatehouse::integration::testing
