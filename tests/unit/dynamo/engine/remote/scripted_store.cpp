#include "unit/dynamo/engine/remote/scripted_store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace gatehouse::dynamo::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

Asked read_request(const http::request<http::string_body>& request) {
  Asked asked{std::string(request.method_string()), std::string(request.target()), {}, request.body()};
  for (const auto& field : request) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    asked.fields.emplace_back(std::move(name), std::string(field.value()));
  }
  return asked;
}

}  // namespace

std::string Asked::field(const std::string& name) const {
  const auto found = std::ranges::find(fields, name, [](const auto& field) { return field.first; });
  return found == fields.end() ? "" : found->second;
}

std::string Asked::operation() const {
  const std::string target = field("x-amz-target");
  return target.substr(target.find('.') + 1);
}

struct ScriptedStore::Impl {
  explicit Impl(Script what) : script(std::move(what)), acceptor(context, {asio::ip::make_address("127.0.0.1"), 0}) {
    port = acceptor.local_endpoint().port();
  }

  void accept() {
    while (true) {
      error_code ec;
      tcp::socket socket(context);
      acceptor.accept(socket, ec);
      const std::lock_guard lock(mutex);
      if (ec || stopped) return;
      tcp::socket& kept = sockets.emplace_back(std::move(socket));
      threads.emplace_back([this, &kept] { serve(kept); });
    }
  }

  void serve(tcp::socket& socket) {
    beast::flat_buffer buffer;
    while (true) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(boost::none);
      error_code ec;
      http::read(socket, buffer, parser, ec);
      if (ec || !answer(socket, parser.get())) break;
    }
    const std::lock_guard lock(mutex);
    ::shutdown(socket.native_handle(), SHUT_RDWR);
  }

  bool answer(tcp::socket& socket, const http::request<http::string_body>& request) {
    Reaction reaction;
    {
      const std::lock_guard lock(mutex);
      asked.push_back(read_request(request));
      changed.notify_all();
      reaction = script(asked.back());
    }
    if (reaction.then == Reaction::Then::kClose) return false;
    error_code ec;
    if (reaction.then == Reaction::Then::kHang) {
      char byte = 0;
      socket.read_some(asio::buffer(&byte, 1), ec);
      return false;
    }
    http::response<http::string_body> response(static_cast<http::status>(reaction.status), 11);
    response.body() = reaction.body;
    if (!reaction.crc32.empty()) response.set("x-amz-crc32", reaction.crc32);
    response.prepare_payload();
    if (reaction.then == Reaction::Then::kCut) {
      response.content_length(reaction.body.size() + 1);
      http::write(socket, response, ec);
      return false;
    }
    http::write(socket, response, ec);
    return !ec;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      if (stopped) return;
      stopped = true;
      ::shutdown(acceptor.native_handle(), SHUT_RDWR);
      for (tcp::socket& socket : sockets) ::shutdown(socket.native_handle(), SHUT_RDWR);
    }
    acceptor_thread.join();
    for (std::thread& thread : threads) thread.join();
    acceptor.close();
    sockets.clear();
  }

  const Script script;
  asio::io_context context;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool stopped = false;
  std::vector<Asked> asked;
  std::list<tcp::socket> sockets;
  std::list<std::thread> threads;
  std::thread acceptor_thread;
};

ScriptedStore::ScriptedStore(Script script) : impl_(std::make_shared<Impl>(std::move(script))) {
  impl_->acceptor_thread = std::thread([impl = impl_.get()] { impl->accept(); });
}

ScriptedStore::~ScriptedStore() { stop(); }

std::uint16_t ScriptedStore::port() const { return impl_->port; }

std::vector<Asked> ScriptedStore::asked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->asked;
}

bool ScriptedStore::wait_for(std::size_t requests) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::seconds(20), [&] { return impl_->asked.size() >= requests; });
}

void ScriptedStore::stop() { impl_->stop(); }

Reaction fault(int status, const std::string& type) {
  return {status, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + type + R"(","message":"as the test says"})", {}};
}

}  // namespace gatehouse::dynamo::testing
