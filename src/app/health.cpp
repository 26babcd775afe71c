// gatehouse health: one GET /healthz, with a deadline.

#include "app/commands.hpp"
#include "app/configuration.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>

namespace gatehouse::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kPatience = std::chrono::seconds(3);

struct Probe {
  asio::io_context context{1};
  beast::tcp_stream stream{context};
  http::request<http::empty_body> request{http::verb::get, "/healthz", 11};
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  error_code result = asio::error::timed_out;

  void ask(const asio::ip::tcp::endpoint& endpoint) {
    request.set(http::field::host, "localhost");
    stream.expires_after(kPatience);
    stream.async_connect(endpoint, [this](error_code ec) {
      if ((result = ec)) return;
      http::async_write(stream, request, [this](error_code written, std::size_t) {
        if ((result = written)) return;
        http::async_read(stream, buffer, response, [this](error_code read, std::size_t) { result = read; });
      });
    });
    context.run();
  }
};

}  // namespace

int health(const std::string& address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) {
    std::fprintf(stderr, "gatehouse: --admin %s: expected an address and a port, such as 127.0.0.1:9180\n", address.c_str());
    return 1;
  }
  Probe probe;
  probe.ask({asio::ip::make_address(endpoint->address.to_string()), endpoint->port});
  if (probe.result) {
    std::fprintf(stderr, "gatehouse: no answer from %s: %s\n", address.c_str(), probe.result.message().c_str());
    return 1;
  }
  std::printf("%s", probe.response.body().c_str());
  return probe.response.result_int() == 200 ? 0 : 1;
}

}  // namespace gatehouse::app
