#include "app/admin_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace gatehouse::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kLargestAnswer = 256 << 20;

struct Question {
  asio::io_context context{1};
  beast::tcp_stream stream{context};
  http::request<http::string_body> request;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  error_code result = asio::error::timed_out;
  bool connected = false;

  void ask(const asio::ip::tcp::endpoint& endpoint, std::chrono::seconds patience) {
    parser.body_limit(kLargestAnswer);
    stream.expires_after(patience);
    stream.async_connect(endpoint, [this](error_code ec) {
      if ((result = ec)) return;
      connected = true;
      http::async_write(stream, request, [this](error_code written, std::size_t) {
        if ((result = written)) return;
        http::async_read(stream, buffer, parser, [this](error_code read, std::size_t) { result = read; });
      });
    });
    context.run();
  }
};

}  // namespace

AdminAnswer ask_admin(const Endpoint& listener, const AdminRequest& request) {
  Question question;
  question.request = {http::string_to_verb(request.method), request.target, 11, request.body};
  question.request.set(http::field::host, "localhost");
  if (!request.body.empty()) question.request.set(http::field::content_type, "application/json");
  question.request.prepare_payload();
  question.ask({asio::ip::make_address(listener.address.to_string()), listener.port}, request.patience);

  AdminAnswer answer;
  answer.connected = question.connected;
  if (question.result) {
    answer.problem = question.result.message();
    return answer;
  }
  auto& message = question.parser.get();
  answer.status = static_cast<int>(message.result_int());
  answer.content_type = std::string(message[http::field::content_type]);
  answer.body = std::move(message.body());
  return answer;
}

}  // namespace gatehouse::app
